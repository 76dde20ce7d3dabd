import type { Context, GlobalOptions } from '../../context.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import type { LaunchedMachine } from '../../lifecycle/launch/launched-machine.ts';
import { attendMachine, type AttendedEnd } from '../../lifecycle/watch/attend-machine.ts';
import type { MachineSession } from '../../lifecycle/watch/session.ts';
import { stopReasonTexts, stopStepTexts } from '../../lifecycle/watch/stop-escalation.ts';
import { watchMachine } from '../../lifecycle/watch/watch-console.ts';
import type { WatchLine } from '../../lifecycle/watch/watch-line.ts';
import { homeFolder } from '../../system/places.ts';
import { formatDuration } from '../../text/format.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { wrapText } from '../../ui/lines.ts';
import { describeWatched } from '../../ui/watched-line.ts';

/** Stays with a machine until it ends: says what happens, and turns Ctrl-C into a power-down. */
export async function runInForeground(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  machine: LaunchedMachine,
  session: MachineSession,
): Promise<void> {
  const { terminal } = context;
  watchMachine(session, machine.plan, (line) => sayWatched(context, line));
  if (globals.verbose) {
    session.onConsole((text) => {
      for (const line of text.lines) terminal.errWhole(line);
    });
  }
  const end = await attendMachine(context, located, machine, session, () => {
    terminal.err('  powering off … (Ctrl-C again pulls the plug)');
  });
  const overlay = shortenPath(machine.plan.overlay, context.cwd, homeFolder(context.env));
  if (end.kind === 'suspended') terminal.err(`  suspended · utopia up resumes it`);
  else if (end.kind === 'off') terminal.err(`  off · your changes are in ${overlay}`);
  else sayPoweredOff(context, end, overlay);
}

function sayPoweredOff(
  { terminal }: Context,
  { step, state, elapsedMs }: Extract<AttendedEnd, { kind: 'powered-off' }>,
  overlay: string,
): void {
  const mark = terminal.errColor.green(terminal.symbols.ok);
  const reason = state.kind === 'well' ? '' : `${stopReasonTexts[state.kind]}, `;
  const how = step === 'powered-down' ? '' : ` (${reason}${stopStepTexts[step]})`;
  const [first = '', ...rest] = wrapText(
    `off after ${formatDuration(elapsedMs)}${how} · your changes are in ${overlay}`,
    terminal.columns - 4,
  );
  terminal.err(`  ${mark} ${first}`);
  for (const line of rest) terminal.err(`    ${line}`);
}

/** A line of what happens while a machine runs, with the time. */
export function sayWatched(context: Context, line: WatchLine): void {
  const { terminal } = context;
  for (const text of describeWatched(line, context.now(), terminal)) terminal.err(text);
}
