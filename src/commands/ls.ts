import type { Context, GlobalOptions } from '../context.ts';
import { findListedMachines } from '../lifecycle/watch/listed-machines.ts';
import { homeFolder } from '../system/places.ts';
import { widthFor } from '../ui/lines.ts';
import { machineTable } from '../ui/machine-list.ts';

/** `utopia ls`: every machine of this user, wherever its folder is. */
export async function runLs(
  context: Context,
  globals: GlobalOptions,
  options: { readonly all: boolean },
): Promise<void> {
  const { terminal, cwd, env } = context;
  const every = await findListedMachines(context, process.getuid?.() ?? 0);
  const shown = every.filter(
    ({ folderExists, state }) => options.all || folderExists || state !== 'stopped',
  );
  if (globals.json) {
    terminal.json({ schema: 1, machines: shown });
    return;
  }
  if (shown.length === 0) {
    terminal.out('No machines yet; utopia up in a folder makes one.');
  } else {
    const place = { cwd, home: homeFolder(env), nowMs: context.now().getTime() };
    const width = widthFor(terminal.stdout, terminal.columns);
    for (const line of machineTable(shown, place, width)) terminal.out(line);
  }
  const hidden = every.length - shown.length;
  if (hidden > 0 && !globals.quiet) {
    terminal.err(`${hidden} more, whose folders are gone: utopia ls --all`);
  }
}
