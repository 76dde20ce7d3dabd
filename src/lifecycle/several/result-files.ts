import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { LifecycleContext } from '../context.ts';
import { openNamedFolder, writeIn } from '../../system/named-place.ts';
import type { OpenFolder } from '../../system/open-folder.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { stringifyHarmlessly } from '../../text/harmless.ts';
import type { Job } from './items.ts';
import { resultName } from './result-names.ts';
import type { ItemReport } from './run-many.ts';

const hint = 'Name a folder of yours that is no link: --results DIR';
/** Two outputs of the largest size that is kept, as JSON. */
const mostResultBytes = 2 * 64 * 2 ** 20 * 6;

/** The folder of --results: a file an item, written when its verdict is there. */
export interface ResultFiles extends AsyncDisposable {
  write(report: ItemReport): Promise<void>;
  /** The verdict that this very command has there; undefined without one. */
  find(job: Job, from: string | undefined): Promise<ItemReport | undefined>;
}

/** Opens it, before a guest could put something in its place. Throws `cannot-create`. */
export async function openResults(
  { cwd }: Pick<LifecycleContext, 'cwd'>,
  folder: string,
): Promise<ResultFiles> {
  const held = await openNamedFolder(cwd, folder, hint);
  return {
    write: async (report) => {
      await writeIn(held, fileOf(report.item), [`${stringifyHarmlessly(report)}\n`]);
    },
    find: async ({ item, words }, from) => {
      const report = await readResult(held, fileOf(item));
      const same =
        report?.item === item &&
        report.from === (from ?? null) &&
        JSON.stringify(report.command) === JSON.stringify(words);
      return same && hasVerdict(report) ? report : undefined;
    },
    [Symbol.asyncDispose]: async () => await held[Symbol.asyncDispose](),
  };
}

const fileOf = (item: string): string => `${resultName(item)}.json`;

/** Whether a report says something of what was run: it passed, or is itself the reason that it did not. Pure. */
export function hasVerdict({ status, fault }: Pick<ItemReport, 'status' | 'fault'>): boolean {
  return status === 0 || fault === 'command';
}

async function readResult(folder: OpenFolder, name: string): Promise<ItemReport | undefined> {
  // Not through a link, which could lead to another's verdict.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(folder.path(name), flags).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    // What another user has laid there is none of our verdicts.
    const { uid } = await file.stat();
    if (uid !== 0 && uid !== process.geteuid?.()) return undefined;
    const text = await readRegularText(`/proc/self/fd/${file.fd}`, mostResultBytes);
    const read: unknown = JSON.parse(text);
    return isReport(read) ? read : undefined;
  } catch {
    // Not ours, or cut off by hand: it is run again.
    return undefined;
  } finally {
    await file.close();
  }
}

function isReport(value: unknown): value is ItemReport {
  if (typeof value !== 'object' || value === null) return false;
  const { schema, item, command, outcome, status, fault, stdout, stderr, commandMs, crashes } =
    value as Partial<Record<keyof ItemReport, unknown>>;
  return (
    schema === 1 &&
    [item, outcome, stdout, stderr].every((text) => typeof text === 'string') &&
    [status, commandMs].every((number) => typeof number === 'number') &&
    [command, crashes].every((list) => Array.isArray(list)) &&
    (fault === null || fault === 'command' || fault === 'host')
  );
}
