import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { openNamedFolder, writeIn } from '../../system/named-place.ts';
import type { OpenFolder } from '../../system/open-folder.ts';
import { stringifyHarmlessly } from '../../text/harmless.ts';
import type { Job } from './items.ts';
import { resultName } from './result-names.ts';
import type { ItemReport } from './run-many.ts';
import { readKnown } from '../../system/json-file.ts';
import {
  aCount,
  aFlag,
  aNumber,
  aText,
  either,
  listOf,
  maybe,
  object,
  oneOf,
  type Shape,
} from '../../text/shape.ts';

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
    // Not ours, or cut off by hand: it is run again.
    return await readKnown(`/proc/self/fd/${file.fd}`, reportShape, mostResultBytes);
  } finally {
    await file.close();
  }
}

/** What passes it on, and draws JUnit of it, wants. */
const crashShape = object({ kind: aText, headline: aText, explanation: aText, text: aText });

const reportShape = object({
  schema: oneOf(1),
  item: aText,
  command: listOf(aText),
  outcome: aText,
  status: aCount,
  commandStatus: either(oneOf(null), aCount),
  from: either(oneOf(null), aText),
  kernel: maybe(object({ name: aText, version: either(oneOf(null), aText) })),
  warm: aFlag,
  startMs: aNumber,
  commandMs: aNumber,
  stdout: aText,
  stderr: aText,
  stdoutBytes: aCount,
  stderrBytes: aCount,
  truncated: aFlag,
  fault: oneOf(null, 'command', 'host'),
  notCopied: listOf(aText),
  leftOut: listOf(object({ path: aText, why: aText })),
  kept: either(oneOf(null), aText),
  crashes: listOf(crashShape),
  consoleLog: either(oneOf(null), aText),
  message: either(oneOf(null), aText),
}) as Shape<unknown> as Shape<ItemReport>;
