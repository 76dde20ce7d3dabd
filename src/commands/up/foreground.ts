import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { formatDuration } from '../../text/format.ts';
import { wrapText } from '../../ui/lines.ts';
import { homeFolder } from '../../system/places.ts';
import { readQemuLog } from '../../machine/start.ts';
import { withoutWarnings } from '../../qemu-words.ts';
import { readSuspended } from '../../vmstate/suspended.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import {
  forgetEnded,
  stopReasonTexts,
  stopRunning,
  stopStepTexts,
  type StopState,
} from '../../lifecycle/watch/stop-escalation.ts';
import type { LaunchedMachine } from '../../lifecycle/launch/types.ts';
import type { MachineSession } from '../../lifecycle/watch/session.ts';
import { watchMachine } from '../../lifecycle/watch/watch-console.ts';
import type { WatchLine } from '../../lifecycle/watch/watch-line.ts';

/** How long a guest may take to power down after Ctrl-C; nobody waits longer without saying so. */
const powerDownMs = 180_000;

/** Stays with a machine until it ends: says what happens, and turns Ctrl-C into a power-down. */
export async function runInForeground(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  machine: LaunchedMachine,
  session: MachineSession,
): Promise<void> {
  const { terminal, signal } = context;
  let orderly = false;
  const halted = new Promise<'halted'>((resolve) => {
    session.onEvent((event) => {
      if (event.kind === 'shutdown') orderly = true;
      if (event.kind === 'halted') resolve('halted');
    });
  });
  watchMachine(session, machine.plan, (line) => sayWatched(context, line));
  if (globals.verbose) {
    session.onConsole((text) => {
      for (const line of text.lines) terminal.errWhole(line);
    });
  }
  const interrupted = new Promise<'interrupted'>((resolve) => {
    if (signal.aborted) resolve('interrupted');
    signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const first = await Promise.race([session.exited, interrupted, halted, session.failed]);
  if (first === 'interrupted') {
    await powerOff(context, located, machine, session);
    return;
  }
  if (first === 'halted') {
    const running = { qemu: machine.started.identity, state: machine.state };
    await stopRunning(running, located.paths, { powerDownMs: 0 });
    orderly = true;
  }
  await forgetEnded(context, located.paths);
  if ((await readSuspended(machine.plan.overlay)) !== undefined) {
    terminal.err(`  suspended · utopia up resumes it`);
    return;
  }
  if (first === 'halted' || first.code === 0 || orderly) {
    terminal.err(`  off · your changes are in ${nameOverlay(context, machine)}`);
    return;
  }
  const how = first.signal === null ? `status ${first.code}` : first.signal;
  throw new UtopiaError('qemu-failed', `QEMU ended unexpectedly (${how}).`, {
    details: withoutWarnings(await readQemuLog(located.paths)).slice(-10),
    hint: `The overlay is untouched by us; utopia up starts the machine again.`,
  });
}

async function powerOff(
  context: Context,
  located: LocatedMachine,
  machine: LaunchedMachine,
  session: MachineSession,
): Promise<void> {
  const { terminal } = context;
  terminal.err('  powering off … (Ctrl-C again pulls the plug)');
  const startedAt = performance.now();
  const running = { qemu: machine.started.identity, state: machine.state };
  let state = { kind: 'well' } as StopState;
  const step = await stopRunning(running, located.paths, {
    powerDownMs,
    hurry: context.urgentSignal,
    panicHeard: session.panicHeard(),
    onState: (found) => (state = found),
  });
  await forgetEnded(context, located.paths);
  const time = formatDuration(performance.now() - startedAt);
  const mark = terminal.errColor.green(terminal.symbols.ok);
  const reason = state.kind === 'well' ? '' : `${stopReasonTexts[state.kind]}, `;
  const how = step === 'powered-down' ? '' : ` (${reason}${stopStepTexts[step]})`;
  const [first = '', ...rest] = wrapText(
    `off after ${time}${how} · your changes are in ${nameOverlay(context, machine)}`,
    terminal.columns - 4,
  );
  terminal.err(`  ${mark} ${first}`);
  for (const line of rest) terminal.err(`    ${line}`);
}

function nameOverlay(context: Context, machine: LaunchedMachine): string {
  return shortenPath(machine.plan.overlay, context.cwd, homeFolder(context.env));
}

/** A line of what happens while a machine runs, with the time. */
export function sayWatched(context: Context, { level, text }: WatchLine): void {
  const { terminal } = context;
  const time = context.now().toTimeString().slice(0, 8);
  const { errColor: color, symbols } = terminal;
  const marks = {
    info: '',
    warn: `${color.yellow(symbols.warn)} `,
    fail: `${color.red(symbols.fail)} `,
  };
  const mark = marks[level];
  const [first, ...rest] = text.split('\n');
  terminal.err(`  ${time}  ${mark}${first}`);
  for (const line of rest) terminal.err(`            ${line}`);
}
