import type { Context, GlobalOptions } from '../context.ts';
import { reportCrash } from '../crash/crash-report.ts';
import { findSnapshot } from '../image/snapshots.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { readLog } from '../lifecycle/watch/read-crash-logs.ts';
import { homeFolder } from '../system/places.ts';
import { keptCrashParts } from '../ui/kept-crash-parts.ts';
import { widthFor } from '../ui/lines.ts';
import { crashJson, requireKeptCrash, keptHeadline } from '../crash/find-kept-crash.ts';
import { locateCrashes } from '../lifecycle/watch/locate-crashes.ts';
import { crashCards } from './oops/cards.ts';

/** `utopia crash show [N]`: the card of utopia oops, where its parts are, and what can be done with them. */
export async function runCrashShow(
  context: Context,
  globals: GlobalOptions,
  number: number | undefined,
): Promise<void> {
  const { terminal, signal } = context;
  const located = await locateMachine(context, globals);
  const { config } = located;
  const kept = await requireKeptCrash(located.paths, number);
  const log = await readLog(kept.report, 1, signal).catch(() => undefined);
  const found = await locateCrashes(context, log?.crashes ?? [], {
    vmlinux: undefined,
    sharedDir: config.sharedDir,
    folder: config.folder,
  });
  if (globals.json) {
    const [event] = found.crashes.map(reportCrash);
    const { missing, removed } = kept;
    terminal.json({ schema: 1, crash: crashJson(kept), event, missing, removed });
    return;
  }
  const cards = crashCards(context, globals, found, { all: [], before: [], machineGoesOn: false });
  for (const line of cards.length === 0 ? [keptHeadline(kept)] : cards) terminal.out(line);
  terminal.out();
  const { snapshot } = kept;
  const there =
    snapshot === undefined
      ? undefined
      : await findSnapshot(config.privateFile, snapshot.name).catch(() => undefined);
  // Another one may have taken its name.
  const own = there !== undefined && there.savedAt === snapshot?.savedAt ? there.name : undefined;
  const columns = widthFor(terminal.stdout, terminal.columns);
  const home = homeFolder(context.env);
  for (const line of keptCrashParts(kept, own, { columns, cwd: context.cwd, home })) {
    terminal.out(line);
  }
}
