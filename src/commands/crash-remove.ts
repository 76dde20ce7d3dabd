import type { Context, GlobalOptions } from '../context.ts';
import { removeCrashes } from '../lifecycle/crash/remove-crashes.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { countOf, formatBytes } from '../text/format.ts';

/** `utopia crash remove N...`: dump, report, and the snapshot that was made with it. */
export async function runCrashRemove(
  context: Context,
  globals: GlobalOptions,
  { numbers, all }: { readonly numbers: readonly number[]; readonly all: boolean },
): Promise<void> {
  const { terminal } = context;
  const located = await locateMachine(context, globals);
  const { removed, bytes } = await removeCrashes(context, located, all ? 'all' : numbers);
  if (globals.json) terminal.json({ schema: 1, removed, bytes });
  else if (removed.length === 0) terminal.err('No crash is kept.');
  else {
    terminal.out(`Removed ${countOf(removed.length, 'crash', 'crashes')}, ${formatBytes(bytes)}.`);
  }
}
