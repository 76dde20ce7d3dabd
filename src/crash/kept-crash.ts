import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from '../system/json-file.ts';
import {
  aCount,
  anInteger,
  aNumber,
  aText,
  aTime,
  listOf,
  maybe,
  object,
  oneOf,
} from '../text/shape.ts';
import { crashKinds, type Crash } from './crash-event.ts';

/** What stands in `crash.json` of a kept crash. */
export interface CrashNote extends Pick<
  Crash,
  'kind' | 'message' | 'release' | 'time' | 'task' | 'pid'
> {
  readonly schema: 1;
  /** As in `Crash`. */
  readonly function?: string | undefined;
  readonly module?: string | undefined;
  /** ISO 8601. */
  readonly at: string;
  /** Of the machine when it crashed: the kernel that QEMU had loaded, by name, version and image. */
  readonly kernel?:
    { readonly name: string; readonly version: string; readonly image: string } | undefined;
  /** A snapshot of the private file right after it, beside that. */
  readonly snapshot?: { readonly name: string; readonly savedAt: string } | undefined;
  /** Older crashes that went to make room for it. */
  readonly removed: readonly number[];
  /** Why a part of it is missing. */
  readonly missing: readonly string[];
}

/** A crash that was kept. */
export interface KeptCrash extends CrashNote {
  /** Counts the kept crashes of a machine, from 1. */
  readonly number: number;
  readonly folder: string;
  /** Path of the dump of its memory, of which `bytes` are on the disk. */
  readonly dump: string | undefined;
  readonly bytes: number;
  /** Path of the kernel's report, as far as it came. */
  readonly report: string;
}

/** The files of a kept crash in its folder. */
export function crashFiles(folder: string): {
  readonly note: string;
  readonly dump: string;
  readonly report: string;
} {
  return {
    note: join(folder, 'crash.json'),
    dump: join(folder, 'memory.elf'),
    report: join(folder, 'report.txt'),
  };
}

const noteShape = object({
  schema: oneOf(1),
  at: aTime,
  kind: oneOf(...crashKinds),
  function: maybe(aText),
  module: maybe(aText),
  message: aText,
  release: maybe(aText),
  time: maybe(aNumber),
  task: maybe(aText),
  pid: maybe(anInteger),
  kernel: maybe(object({ name: aText, version: aText, image: aText })),
  snapshot: maybe(object({ name: aText, savedAt: aTime })),
  removed: listOf(aCount),
  missing: listOf(aText),
});

/** What lies in a machine's folder of crashes. */
export interface KeptCrashes {
  /** By number, the oldest first. */
  readonly crashes: readonly KeptCrash[];
  /** Those whose record cannot be read, with why. */
  readonly damaged: readonly { readonly number: number; readonly why: string }[];
}

/** Reads the kept crashes of a machine. Never throws: what cannot be read is told. */
export async function listKeptCrashes(crashesDir: string): Promise<KeptCrashes> {
  const names = await readdir(crashesDir).catch((): string[] => []);
  const numbers = names.filter((name) => /^[1-9]\d{0,8}$/.test(name)).map(Number);
  const crashes: KeptCrash[] = [];
  const damaged: { number: number; why: string }[] = [];
  for (const number of numbers.toSorted((one, other) => one - other)) {
    const folder = join(crashesDir, String(number));
    const files = crashFiles(folder);
    const reading = await readJson(files.note, noteShape);
    if (reading.kind !== 'read') {
      damaged.push({ number, why: reading.kind === 'absent' ? 'it is gone.' : reading.why });
      continue;
    }
    const dump = await stat(files.dump).catch(() => undefined);
    crashes.push({
      ...(reading.value as CrashNote),
      ...{ number, folder, report: files.report },
      dump: dump?.isFile() === true ? files.dump : undefined,
      bytes: (dump?.blocks ?? 0) * 512,
    });
  }
  return { crashes, damaged };
}

/** Removes the folder of a kept crash, also one whose record cannot be read. */
export async function removeKeptCrash(crashesDir: string, number: number): Promise<void> {
  await rm(join(crashesDir, String(number)), { recursive: true, force: true });
}

/** Which of the kept crashes a crash of a log is; undefined for one that was not kept. Pure. */
export function findKept<Kept extends CrashNote>(
  kept: readonly Kept[],
  crash: Pick<Crash, 'message' | 'release' | 'time' | 'pid'>,
): Kept | undefined {
  return kept.findLast(
    ({ message, release, time, pid }) =>
      message === crash.message &&
      release === crash.release &&
      time === crash.time &&
      pid === crash.pid,
  );
}

/** Where the memory of a crash of a log is, in a line if it was kept. */
export async function noteKept(
  crashesDir: string,
  crash: Pick<Crash, 'message' | 'release' | 'time' | 'pid'>,
): Promise<string[]> {
  const kept = findKept((await listKeptCrashes(crashesDir)).crashes, crash);
  return kept === undefined
    ? []
    : [`Kept as crash ${kept.number}, with what could be: utopia crash show ${kept.number}`];
}

/** How many crashes a machine keeps, and how many bytes of dumps. */
export const keepBounds = { most: 4, bytes: 8 * 1024 ** 3, ofOneBoot: 4 } as const;

/** How many crashes a machine keeps, and bytes of all their dumps. */
export interface CrashBounds {
  readonly most: number;
  readonly bytes: number;
}

/**
 * Which of the kept crashes have to go, the oldest first, so that one more of at most `bytes` fits
 * into the bounds. Pure.
 */
export function crashesToRemove(
  kept: readonly Pick<KeptCrash, 'number' | 'bytes'>[],
  bytes: number,
  bounds: CrashBounds = keepBounds,
): number[] {
  const removed: number[] = [];
  let left = kept.length;
  let used = kept.reduce((sum, each) => sum + each.bytes, 0);
  for (const each of kept) {
    if (left < bounds.most && used + bytes <= bounds.bytes) break;
    removed.push(each.number);
    left -= 1;
    used -= each.bytes;
  }
  return removed;
}
