import { crashHeadline } from './headline.ts';
import { listKeptCrashes, type KeptCrash, type KeptCrashes } from './kept-crash.ts';
import { UtopiaError } from '../errors.ts';
import type { MachinePaths } from '../machine/paths.ts';

/** The kept crash of this number, or the newest. Throws `crash-unknown`. */
export async function requireKeptCrash(
  { crashesDir }: Pick<MachinePaths, 'crashesDir'>,
  number: number | undefined,
): Promise<KeptCrash> {
  const { crashes, damaged } = await listKeptCrashes(crashesDir);
  const found =
    number === undefined ? crashes.at(-1) : crashes.find((each) => each.number === number);
  if (found !== undefined) return found;
  const broken = damaged.find((each) => each.number === number);
  if (broken !== undefined) {
    throw new UtopiaError('crash-unknown', `The record of crash ${number} cannot be read.`, {
      details: [`${crashesDir}/${number}/crash.json: ${broken.why}`],
      hint: `utopia crash remove ${number}`,
    });
  }
  const none = 'No crash is kept.';
  const message = number === undefined ? none : `There is no kept crash ${number}.`;
  throw new UtopiaError('crash-unknown', message, { hint: hintOf(crashes) });
}

function hintOf(crashes: readonly KeptCrash[]): string {
  return crashes.length === 0
    ? 'utopia up --on-crash keep keeps the next one; utopia oops shows the last one.'
    : 'utopia crash list';
}

/** `NULL pointer read in lunix_chrdev_read, module lunix`. */
export function keptHeadline(crash: KeptCrash): string {
  const { number, kind, message, function: name, module, task, pid } = crash;
  return crashHeadline({
    ...{ number, kind, message, task, pid, boot: 1, trace: [], ownModules: [], text: '' },
    ...(name === undefined ? {} : { function: name }),
    ...(module === undefined ? {} : { module }),
  });
}

/** A kept crash as `--json` has it. */
export function crashJson({
  number,
  at,
  kind,
  function: name,
  module,
  dump,
  snapshot,
  bytes,
}: KeptCrash): object {
  return {
    ...{ number, at, kind, function: name ?? null, module: module ?? null },
    ...{ dump: dump ?? null, snapshot: snapshot?.name ?? null, bytes },
  };
}

/** What is to be said of records that cannot be read, a line each. */
export function complainOfDamaged({ damaged }: KeptCrashes): string[] {
  return damaged.map(
    ({ number, why }) =>
      `The record of crash ${number} cannot be read: ${why} utopia crash remove ${number}`,
  );
}
