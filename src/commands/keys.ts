import type { Context, GlobalOptions } from '../context.ts';
import { pressKeys } from '../qmp/input.ts';
import { keyNames, requireChord } from '../qmp/key-chords.ts';
import { wrapText } from '../ui/lines.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning, withMonitor } from '../lifecycle/launch/monitor.ts';

/** `utopia key`: presses keys on the guest's keyboard, each chord after the one before. */
export async function runKeys(
  context: Context,
  globals: GlobalOptions,
  options: { readonly chords: readonly string[]; readonly list: boolean },
): Promise<void> {
  const { terminal } = context;
  if (options.list) {
    if (globals.json) terminal.json({ schema: 1, keys: keyNames });
    else for (const line of wrapText(keyNames.join(' '), terminal.columns)) terminal.out(line);
    return;
  }
  const chords = options.chords.map(requireChord);
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  await withMonitor(context, located, running, async (client) => {
    for (const keys of chords) await pressKeys(client, keys);
  });
  if (globals.json) terminal.json({ schema: 1, pressed: chords });
  else if (!globals.quiet) {
    terminal.out(`Pressed ${options.chords.join(', ')}; utopia screenshot shows the screen.`);
  }
}
