import { formatForward } from '../config/forward-setting.ts';
import type { PortForward } from '../config/machine-config.ts';
import type { Context, GlobalOptions } from '../context.ts';
import {
  closeForward,
  openForward,
  type OpenedForward,
} from '../lifecycle/launch/change-forwards.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning, withMonitor } from '../lifecycle/launch/monitor.ts';
import { findGuestState, lostGuest } from '../lifecycle/watch/lost-guest-error.ts';
import { queryForwards } from '../qmp/qmp-forwards.ts';
import { forwardTable } from '../ui/forward-table.ts';
import { widthFor } from '../ui/lines.ts';

export interface ForwardOptions {
  /** `8080:80`; with `remove` also the host's port alone. None to list. */
  readonly rules: readonly string[];
  readonly remove: boolean;
}

/** `utopia forward`: opens, closes and lists ports of the host that lead into the running guest. */
export async function runForward(
  context: Context,
  globals: GlobalOptions,
  options: ForwardOptions,
): Promise<void> {
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  const guest = await findGuestState(located, running, context);
  if (guest.kind !== 'well' && !globals.quiet) {
    const { errColor, symbols } = context.terminal;
    context.terminal.err(`${errColor.yellow(symbols.warn)} ${lostGuest(guest).message}`);
  }
  await withMonitor(context, located, running, async (client) => {
    for (const rule of options.rules) {
      if (options.remove) {
        const closed = await closeForward(client, rule);
        say(context, globals, `${formatForward(closed)} is closed.`);
      } else {
        const opened = await openForward(context, client, running.state, rule);
        reportOpened(context, globals, located, opened);
      }
    }
    if (options.rules.length === 0 || globals.json) {
      list(context, globals, located, await queryForwards(client));
    }
  });
}

function reportOpened(
  context: Context,
  globals: GlobalOptions,
  { config }: LocatedMachine,
  { forward, already }: OpenedForward,
): void {
  if (already) {
    say(context, globals, `${formatForward(forward)} is there already.`);
    return;
  }
  const { host, hostPort, guestPort } = forward;
  const kept = config.forwards.some((each) => formatForward(each) === formatForward(forward));
  say(context, globals, `${host}:${hostPort} leads to port ${guestPort} of the guest.`);
  if (globals.quiet || globals.json) return;
  if (!host.startsWith('127.')) {
    context.terminal.err('Everybody who reaches this host reaches that port.');
  }
  if (!kept) {
    const every = [...config.forwards, forward].map(formatForward).join(' ');
    context.terminal.err(
      `Until the machine is off; to keep it: UTOPIA_FORWARDS="${every}" in utopia.config`,
    );
  }
}

function list(
  { terminal }: Context,
  globals: GlobalOptions,
  { config }: LocatedMachine,
  forwards: readonly PortForward[],
): void {
  const kept = new Set(config.forwards.map(formatForward));
  const listed = forwards.map((forward) => ({
    ...forward,
    kept: kept.has(formatForward(forward)),
  }));
  if (globals.json) {
    terminal.json({ schema: 1, forwards: listed });
    return;
  }
  const width = widthFor(terminal.stdout, terminal.columns);
  for (const line of forwardTable(listed, width)) terminal.out(line);
}

function say({ terminal }: Context, globals: GlobalOptions, text: string): void {
  if (!globals.json) terminal.out(text);
}
