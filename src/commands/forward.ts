import { collide, formatForward, readForward } from '../config/forwards.ts';
import { Refusal } from '../config/setting.ts';
import type { PortForward } from '../config/types.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { probePort, suggestFreePort } from '../host/ports.ts';
import { isSshOpen, type RunningMachine } from '../machine/state.ts';
import type { QmpClient } from '../qmp/client.ts';
import { addForward, queryForwards, removeForward } from '../qmp/forwards.ts';
import { widthFor } from '../ui/lines.ts';
import { layOutTable } from '../ui/table.ts';
import { findGuestState, lostGuest } from '../lifecycle/watch/lost-guest-error.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning, withMonitor } from '../lifecycle/launch/monitor.ts';
import { refuseBusyPort } from '../lifecycle/launch/port-holder.ts';

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
      if (options.remove) await remove(context, globals, client, rule);
      else await add(context, globals, located, client, running, rule);
    }
    if (options.rules.length === 0 || globals.json) {
      list(context, globals, located, await queryForwards(client));
    }
  });
}

async function add(
  context: Context,
  globals: GlobalOptions,
  { config }: LocatedMachine,
  client: QmpClient,
  { state: machine }: RunningMachine,
  rule: string,
): Promise<void> {
  const forward = readForward(rule);
  if (forward instanceof Refusal) throw refuse(rule, forward);
  const { host, hostPort, guestPort, protocol } = forward;
  if (guestPort === 22 && machine !== undefined && !isSshOpen(machine)) {
    throw new UtopiaError('exposure-refused', 'No port leads to SSH before passwords are closed.', {
      hint: 'utopia login key',
    });
  }
  const there = (await queryForwards(client)).find((each) => collide(each, forward));
  if (there !== undefined && there.guestPort === guestPort && there.host === host) {
    say(context, globals, `${formatForward(forward)} is there already.`);
    return;
  }
  if (there !== undefined) {
    throw new UtopiaError(
      'port-busy',
      `Port ${hostPort} leads to port ${there.guestPort} of the guest already.`,
      there.guestPort === 22
        ? { hint: `That is SSH. Take another port: utopia forward ${hostPort + 1}:${guestPort}` }
        : { hint: `utopia forward --remove ${formatForward(there)}` },
    );
  }
  const state = protocol === 'tcp' ? await probePort(host, hostPort) : { free: true as const };
  if (!state.free) {
    const free = await suggestFreePort(host, hostPort + 1);
    throw await refuseBusyPort(context, `Port ${hostPort} of the host`, state, [
      free === undefined ? undefined : `utopia forward ${free}:${guestPort}      (${free} is free)`,
    ]);
  }
  await addForward(client, forward);
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

async function remove(
  context: Context,
  globals: GlobalOptions,
  client: QmpClient,
  rule: string,
): Promise<void> {
  const forwards = await queryForwards(client);
  const forward = forwards.find((each) =>
    /^\d+$/.test(rule) ? each.hostPort === Number(rule) : sameRule(each, rule),
  );
  if (forward === undefined) {
    throw new UtopiaError('usage', `There is no forward ${rule}.`, {
      details: [`There are: ${forwards.map(formatForward).join(', ')}`],
      hint: 'utopia forward --list',
    });
  }
  if (forward.guestPort === 22) {
    throw new UtopiaError('usage', `${formatForward(forward)} is SSH, which utopia itself needs.`, {
      hint: 'UTOPIA_SSH_PORT chooses another port at the next start.',
    });
  }
  await removeForward(client, forward);
  say(context, globals, `${formatForward(forward)} is closed.`);
}

function sameRule(forward: PortForward, rule: string): boolean {
  const wanted = readForward(rule);
  return !(wanted instanceof Refusal) && formatForward(wanted) === formatForward(forward);
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
  const rows = listed.map(({ protocol, host, hostPort, guestPort, kept: isKept }) => [
    `${host}:${hostPort}`,
    String(guestPort),
    protocol,
    guestPort === 22 ? 'SSH' : isKept ? 'UTOPIA_FORWARDS' : 'until the machine is off',
  ]);
  const head = ['HOST', 'GUEST', 'KIND', 'KEPT'];
  const width = widthFor(terminal.stdout, terminal.columns);
  for (const line of layOutTable([head, ...rows], width)) terminal.out(line);
}

function say({ terminal }: Context, globals: GlobalOptions, text: string): void {
  if (!globals.json) terminal.out(text);
}

function refuse(rule: string, { message, hint }: Refusal): UtopiaError {
  return new UtopiaError('usage', `"${rule}" ${message}.`, {
    hint: hint ?? 'utopia forward 8080:80',
  });
}
