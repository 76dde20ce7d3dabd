import type { Context, GlobalOptions } from '../context.ts';
import { listKeptCrashes } from '../crash/kept-crash.ts';
import { UtopiaError } from '../errors.ts';
import { forgetCrash } from '../lifecycle/crash/keep-crash.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { lockMachine } from '../machine/lock.ts';
import { countOf, formatBytes } from '../text/format.ts';
import { findCrash } from './report/kept-crashes.ts';

/** A crash may be being kept. */
const lockWaitMs = 5_000;

/** `utopia crash remove N...`: dump, report, and the snapshot that was made with it. */
export async function runCrashRemove(
  context: Context,
  globals: GlobalOptions,
  { numbers, all }: { readonly numbers: readonly number[]; readonly all: boolean },
): Promise<void> {
  const { terminal, signal } = context;
  const { paths, config } = await locateMachine(context, globals);
  const { crashes, damaged } = await listKeptCrashes(paths.crashesDir);
  const known = new Set([...crashes, ...damaged].map(({ number }) => number));
  const meant = all ? [...known] : [...new Set(numbers)];
  const unknown = meant.find((number) => !known.has(number));
  if (unknown !== undefined) await findCrash(paths, unknown);
  if (meant.length === 0) {
    if (!all) throw new UtopiaError('usage', 'Which crash?', { hint: 'utopia crash list' });
    if (globals.json) terminal.json({ schema: 1, removed: [], bytes: 0 });
    else terminal.err('No crash is kept.');
    return;
  }
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal });
  let bytes = 0;
  try {
    for (const number of meant) {
      const crash = crashes.find((each) => each.number === number);
      await forgetCrash(paths.crashesDir, config.privateFile, crash ?? { number });
      bytes += crash?.bytes ?? 0;
    }
  } finally {
    await lock.release();
  }
  if (globals.json) terminal.json({ schema: 1, removed: meant, bytes });
  else terminal.out(`Removed ${countOf(meant.length, 'crash', 'crashes')}, ${formatBytes(bytes)}.`);
}
