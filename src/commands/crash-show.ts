import type { Context, GlobalOptions } from '../context.ts';
import type { KeptCrash } from '../crash/kept-crash.ts';
import { reportCrash } from '../crash/report.ts';
import { findSnapshot } from '../image/snapshots.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { readLog } from '../lifecycle/watch/read-crash-logs.ts';
import { homeFolder } from '../system/places.ts';
import { formatBytes } from '../text/format.ts';
import { formatLocalTime } from '../text/local-time.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { layOutRow } from '../ui/label-row.ts';
import { widthFor } from '../ui/lines.ts';
import { crashJson, findCrash, keptHeadline } from './report/kept-crashes.ts';
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
  const kept = await findCrash(located.paths, number);
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
  for (const line of await describeParts(context, located, kept)) terminal.out(line);
}

async function describeParts(
  { terminal, cwd, env }: Context,
  { config }: LocatedMachine,
  { number, at, dump, bytes, snapshot, missing }: KeptCrash,
): Promise<string[]> {
  const columns = widthFor(terminal.stdout, terminal.columns);
  const row = (label: string, text: string): string[] =>
    layOutRow(`  ${label.padEnd(9)} `, text, columns);
  const there =
    snapshot === undefined
      ? undefined
      : await findSnapshot(config.privateFile, snapshot.name).catch(() => undefined);
  const has = there !== undefined && there.savedAt === snapshot?.savedAt;
  return [
    ...row('crash', `${number}, kept ${formatLocalTime(new Date(at))}`),
    ...(dump === undefined
      ? []
      : [
          ...row('dump', `${shortenPath(dump, cwd, homeFolder(env))} (${formatBytes(bytes)})`),
          ...row('look', `utopia crash open ${number}`),
        ]),
    ...(has
      ? [
          ...row('snapshot', `${there.name}: the disk right after it`),
          ...row('try', `utopia run --from ${there.name} -- COMMAND`),
          ...row('go back', `utopia down, then utopia snapshot restore ${there.name}`),
        ]
      : []),
    ...missing.flatMap((text) => row('missing', text)),
  ];
}
