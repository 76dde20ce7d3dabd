import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { fillIn, placeholder } from '../../text/fill-in.ts';
import { isBelow } from '../../text/is-below.ts';

/** One of several runs. */
export interface Job {
  /** What tells it from the others: the path it is for, or its command. */
  readonly item: string;
  readonly words: readonly string[];
  /** The kernel that its copy boots, as typed, where it is one of several. */
  readonly kernel?: string;
}

/** The command for one path: in the place of every `{}`, or as its last argument. Pure. */
export function commandFor(words: readonly string[], path: string): string[] {
  if (!words.some((word) => word.includes(placeholder))) return [...words, path];
  return words.map((word) => fillIn(word, path));
}

/**
 * Throws `usage` for a path that is not there, that is named twice, or that lies outside the folder,
 * also by a link: the copies would not see it, and a command that does not look would pass.
 */
export async function checkItems(
  items: readonly string[],
  folder: string,
  option: '--each' | '--with' = '--each',
): Promise<void> {
  const home = await realpath(folder);
  const seen = new Map<string, string>();
  for (const item of items) {
    const path = resolve(folder, item);
    if (!isBelow(folder, path)) throw outside(item);
    const real = await realpath(path).catch((error: unknown) => {
      throw notThere(item, option, error);
    });
    if (!isBelow(home, real)) throw outside(item);
    const before = seen.get(real);
    if (before !== undefined) throw namedTwice(item, before);
    seen.set(real, item);
  }
}

function outside(item: string): UtopiaError {
  return new UtopiaError('usage', `${item} is not in this folder, so the copies cannot see it.`, {
    hint: 'Start utopia run in a folder that has all of it.',
  });
}

function notThere(item: string, option: '--each' | '--with', cause: unknown): UtopiaError {
  const { code } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'There is no' : 'It is not possible to read';
  const use =
    option === '--each' ? 'for which a command is to be run' : 'which every copy is to read';
  return new UtopiaError('usage', `${why} ${item}, ${use}.`, {
    hint: `Look at the paths behind ${option}: ls`,
    cause,
  });
}

function namedTwice(item: string, before: string): UtopiaError {
  const same = item === before ? `${item} is named twice` : `${item} and ${before} are the same`;
  return new UtopiaError('usage', `${same}, and each path has one verdict.`, {
    hint: 'Leave one of them out.',
  });
}

/** What bounds the number of copies at once. */
export interface JobBounds {
  /** --jobs; undefined for as many as fit. */
  readonly wanted: number | undefined;
  readonly items: number;
  /** Processors of the host, and those of one copy. */
  readonly hostCpus: number;
  readonly memoryMiB: number;
  /** Memory of the host that is free to use. */
  readonly freeMiB: number;
}

/** QEMU's own memory beside its guest's. */
const qemuMiB = 200;

/**
 * How many copies run at once: as asked, but never more than memory holds; without
 * being asked one for each processor. At least one. Pure.
 */
export function countJobs({ wanted, items, hostCpus, memoryMiB, freeMiB }: JobBounds): number {
  const fitting = Math.floor(freeMiB / (memoryMiB + qemuMiB));
  return Math.max(1, Math.min(wanted ?? hostCpus, fitting, items));
}

/**
 * Works on items, so many at once and in their order, until all are done or `signal`
 * is aborted; gives the results of those that were begun, in the order of the items.
 */
export async function workInParallel<Item, Result>(
  items: readonly Item[],
  jobs: number,
  signal: AbortSignal,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  async function takeTurns(): Promise<void> {
    while (next < items.length && !signal.aborted) {
      const at = next;
      next += 1;
      results[at] = await work(items[at] as Item, at);
    }
  }
  await Promise.all(Array.from({ length: jobs }, takeTurns));
  return results;
}
