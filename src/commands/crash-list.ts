import type { Context, GlobalOptions } from '../context.ts';
import { listKeptCrashes } from '../crash/kept-crash.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { formatBytes } from '../text/format.ts';
import { formatAge } from '../text/local-time.ts';
import { widthFor } from '../ui/lines.ts';
import { layOutRows } from '../ui/table.ts';
import { complainOfDamaged, crashJson, keptHeadline } from '../crash/find-kept-crash.ts';

/** `utopia crash list`: the kept crashes of the machine, a line each. */
export async function runCrashList(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal, now } = context;
  const { config, paths } = await locateMachine(context, globals);
  const kept = await listKeptCrashes(paths.crashesDir);
  for (const line of complainOfDamaged(kept)) context.reporter.warn(line);
  const { crashes } = kept;
  if (globals.json) {
    terminal.json({ schema: 1, crashes: crashes.map(crashJson) });
    return;
  }
  if (crashes.length === 0) {
    terminal.err(
      config.onCrash === 'keep'
        ? 'No crash is kept so far. UTOPIA_ON_CRASH is keep: a machine that starts now keeps its crashes.'
        : 'No crash is kept. utopia up --on-crash keep keeps the next one.',
    );
    return;
  }
  const cells = crashes.map((crash) => [
    String(crash.number),
    formatAge(now(), new Date(crash.at)),
    crash.dump === undefined ? 'no dump' : formatBytes(crash.bytes),
    keptHeadline(crash),
  ]);
  const width = widthFor(terminal.stdout, terminal.columns);
  for (const line of layOutRows(cells, width).flat()) terminal.out(line);
  const gone = crashes.at(-1)?.removed ?? [];
  if (gone.length > 0) {
    terminal.err(`Went to make room for the last one: ${gone.join(', ')}`);
  }
}
