import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { pressKeys } from '../qmp/input.ts';
import { keyNames, readChord } from '../qmp/keys.ts';
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
  const chords = options.chords.map(readKeys);
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

function readKeys(text: string): readonly string[] {
  const chord = readChord(text);
  if ('keys' in chord) return chord.keys;
  const near = keyNames.filter(
    (name) =>
      chord.unknown !== '' &&
      (name.startsWith(chord.unknown) || chord.unknown.startsWith(name)) &&
      name.length > 1,
  );
  const known = near.length === 0 ? '' : ` Meant ${near.slice(0, 4).join(', ')}?`;
  throw new UtopiaError(
    'usage',
    `"${chord.unknown}" in "${text}" is not the name of a key.${known}`,
    {
      hint: 'utopia key --list',
    },
  );
}
