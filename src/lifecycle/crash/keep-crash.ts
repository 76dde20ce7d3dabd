import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  crashesToRemove,
  crashFiles,
  keepBounds,
  type CrashBounds,
  listKeptCrashes,
  removeKeptCrash,
  type CrashNote,
} from '../../crash/kept-crash.ts';
import type { Crash } from '../../crash/crash-event.ts';
import { messageOf } from '../../errors.ts';
import { copyDisk } from '../../image/copy-disk.ts';
import { availableBytes } from '../../image/free-space.ts';
import { occupiedBytes } from '../../image/set-aside/purge.ts';
import { saveSnapshot } from '../../image/snapshot-moves.ts';
import { listSnapshots, removeSnapshot } from '../../image/snapshots.ts';
import { lockMachine, type MachineLock } from '../../machine/lock.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import type { QmpClient } from '../../qmp/client.ts';
import { queryStatus, resume, stop } from '../../qmp/queries.ts';
import {
  draftPath,
  removeDrafts,
  syncFolder,
  writeFileAtomically,
} from '../../system/atomic-file.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { formatBytes } from '../../text/format.ts';
import { dumpInto } from '../debug/dump-machine.ts';
import type { DumpPipe } from '../debug/dump-pipe.ts';

/** Where the kept crashes of a machine are, and what of it they go with. */
export interface CrashStore {
  readonly paths: MachinePaths;
  /** The machine's private file, beside which its snapshots are. */
  readonly privateFile: string;
  /** How long one who has the machine is waited for, in ms. */
  readonly lockWaitMs: number;
}

/** What a crash is kept with. */
export interface Keeping {
  readonly store: CrashStore;
  readonly plan: Pick<MachinePlan, 'overlay' | 'memoryMiB' | 'kernel'>;
  /** Whether its disk is kept as a snapshot of the machine; else why not, as a sentence. */
  readonly snapshot: true | string;
  readonly qmp: QmpClient;
  readonly pipe: DumpPipe;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** Left on the file systems for others: the guest's own disk, for one. */
const roomForOthers = 1e9;

/**
 * Keeps the moment of a crash: the guest's memory now, its disk right after that, what is known of
 * the crash. The guest goes on. Older ones go where the bounds want it. Gives the number, under
 * which there is all of it or nothing, and why there is no dump in it, where there is none.
 */
export async function keepCrash(
  keeping: Keeping,
  crash: Crash,
): Promise<{ readonly number: number; readonly withoutDump: string | undefined }> {
  const { store, plan, pipe, now, signal } = keeping;
  const { crashesDir, lockFile } = store.paths;
  const at = now();
  const draft = draftPath(draftBase(crashesDir));
  const missing: string[] = [];
  let withoutDump: string | undefined;
  // Taken when the guest has stopped: it takes a process, and the guest would run on meanwhile.
  let locking: Promise<MachineLock> | undefined;
  const lockNow = (): Promise<MachineLock> => {
    locking ??= lockMachine(lockFile, { waitMs: store.lockWaitMs, signal });
    // Awaited when the dump has ended, however it has.
    locking.catch(() => {});
    return locking;
  };
  try {
    await mkdir(draft, { mode: 0o700 });
    const files = crashFiles(draft);
    const dumped = await dumpMoment(keeping, crash, files.dump, lockNow).catch((error: unknown) => {
      signal.throwIfAborted();
      withoutDump = messageOf(error);
      missing.push(`No dump: ${withoutDump}`);
      return false;
    });
    if (!dumped) {
      await pipe.close();
      await rm(files.dump, { force: true });
    }
    await lockNow();
    const removed = await makeRoom(store, await occupiedBytes(files.dump));
    const number = await nextNumber(crashesDir);
    const snapshot = await snapshotMoment(keeping, `crash-${number}`, crash).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        missing.push(`No snapshot: ${messageOf(error)}`);
        return undefined;
      },
    );
    const note: CrashNote = {
      schema: 1,
      at: at.toISOString(),
      ...describe(crash),
      kernel: kernelOf(plan),
      snapshot,
      removed,
      missing,
    };
    await writeFileAtomically(files.report, crash.text);
    await writeFileAtomically(files.note, `${JSON.stringify(note, undefined, 2)}\n`);
    await rename(draft, join(crashesDir, String(number)));
    await syncFolder(crashesDir);
    return { number, withoutDump };
  } finally {
    await rm(draft, { recursive: true, force: true });
    await (await locking?.catch(() => undefined))?.release();
  }
}

/** Writes what the kernel has told since of a crash that is kept; one that was removed meanwhile stays so. */
export async function completeCrash(
  crashesDir: string,
  number: number,
  crash: Crash,
): Promise<void> {
  const { crashes } = await listKeptCrashes(crashesDir);
  const kept = crashes.find((each) => each.number === number);
  if (kept === undefined) return;
  const { folder, report, dump: _dump, bytes: _bytes, number: _number, ...note } = kept;
  await writeFileAtomically(report, crash.text);
  const whole = { ...note, ...describe(crash) };
  await writeFileAtomically(crashFiles(folder).note, `${JSON.stringify(whole, undefined, 2)}\n`);
}

/** Makes the folder of crashes, clears what was cut short, and removes what is beyond the bounds already. */
export async function prepareKeeping(store: CrashStore): Promise<readonly number[]> {
  const { crashesDir } = store.paths;
  await makeFolder(crashesDir, { mode: 0o700 });
  await removeDrafts(draftBase(crashesDir));
  return await makeRoom(store, 0, { ...keepBounds, most: keepBounds.most + 1 });
}

function draftBase(crashesDir: string): string {
  return join(crashesDir, 'crash');
}

function describe(crash: Crash): Omit<CrashNote, 'schema' | 'at' | 'removed' | 'missing'> {
  const { kind, function: name, module, message, release, time, task, pid } = crash;
  return { kind, function: name, module, message, release, time, task, pid };
}

function kernelOf({ kernel }: Keeping['plan']): CrashNote['kernel'] {
  if (kernel === undefined) return undefined;
  const { name, version, image } = kernel;
  return { name, version, image };
}

async function dumpMoment(
  { store, plan, qmp, pipe, signal }: Keeping,
  { cpu, pid }: Crash,
  path: string,
  onStopped: () => unknown,
): Promise<boolean> {
  const needed = plan.memoryMiB * 1024 * 1024 + roomForOthers;
  await requireRoom(store.paths.crashesDir, needed);
  const file = await open(path, 'wx+', 0o600);
  try {
    const talk = async <Result>(use: (client: QmpClient) => Promise<Result>): Promise<Result> =>
      await use(qmp).finally(onStopped);
    // It is still there: its own report is being printed.
    const task = cpu === undefined || pid === undefined ? undefined : { cpu, pid };
    await dumpInto(signal, { file, format: 'elf', onBytes: () => {}, pipe, talk, task });
    await file.sync();
    return true;
  } finally {
    await file.close();
  }
}

async function requireRoom(folder: string, needed: number): Promise<void> {
  const available = await availableBytes(folder);
  if (available >= needed) return;
  throw new Error(
    `there are ${formatBytes(available)} free in ${folder}, and ${formatBytes(needed)} are wanted for it and for others.`,
  );
}

/** The disk as it is now: a guest that is powered off in this moment has it so. */
async function snapshotMoment(
  { store, plan: { overlay }, snapshot, qmp, now, signal }: Keeping,
  name: string,
  crash: Crash,
): Promise<CrashNote['snapshot']> {
  if (snapshot !== true) throw new Error(snapshot);
  await requireRoom(dirname(overlay), (await occupiedBytes(overlay)) + roomForOthers);
  const { running } = await queryStatus(qmp);
  if (running) await stop(qmp);
  try {
    const text = `at a crash: ${crash.kind}${crash.function === undefined ? '' : ` in ${crash.function}`}`;
    const { savedAt } = await saveSnapshot(
      store.paths,
      overlay,
      { name, text },
      {
        now: now(),
        fill: async (files) => await copyDisk(overlay, files.disk, signal),
      },
    );
    return { name, savedAt };
  } finally {
    if (running) await resume(qmp);
  }
}

async function makeRoom(
  { paths: { crashesDir }, privateFile }: CrashStore,
  bytes: number,
  bounds: CrashBounds = keepBounds,
): Promise<readonly number[]> {
  const { crashes } = await listKeptCrashes(crashesDir);
  const removed = crashesToRemove(crashes, bytes, bounds);
  for (const each of crashes.filter(({ number }) => removed.includes(number)))
    await forgetCrash(crashesDir, privateFile, each);
  return removed;
}

/** Removes a kept crash, and its snapshot where that is still the one that was made with it. */
export async function forgetCrash(
  crashesDir: string,
  privateFile: string,
  { number, snapshot }: { readonly number: number; readonly snapshot?: CrashNote['snapshot'] },
): Promise<void> {
  const snapshots = snapshot === undefined ? [] : await listSnapshots(privateFile);
  const own = snapshots.find(
    ({ name, savedAt }) => name === snapshot?.name && savedAt === snapshot.savedAt,
  );
  if (own !== undefined) await removeSnapshot(privateFile, own);
  await removeKeptCrash(crashesDir, number);
}

async function nextNumber(crashesDir: string): Promise<number> {
  const { crashes, damaged } = await listKeptCrashes(crashesDir);
  return Math.max(0, ...[...crashes, ...damaged].map(({ number }) => number)) + 1;
}
