import type { Config } from '../../config/machine-config.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { findPeople } from '../../host/find-people.ts';
import { probePort, suggestFreePort } from '../../host/port-state.ts';
import {
  portsOfOthers,
  readKeptPorts,
  vncBasePort,
  writeKeptPorts,
} from '../../machine/kept-ports.ts';
import { lockMachine } from '../../machine/lock.ts';
import { firstSshHost, type HostAddress, type MachinePlan } from '../../machine/plan.ts';
import { chooseScreen, type ScreenChoice } from '../../host/choose-screen.ts';
import { readState } from '../../machine/state.ts';
import { portsLockFile } from '../../system/places.ts';
import type { LocatedMachine } from './locate.ts';
import { refuseBusyPort } from './port-holder.ts';

/** Where `auto` starts to look: the lab's own port. */
const firstSshPort = 22_223;
/** Another machine's start holds the lock for some milliseconds. */
const lockWaitMs = 10_000;

/** The addresses that a machine will listen on. */
export interface ChosenPorts {
  readonly ssh: HostAddress;
  readonly vnc: MachinePlan['vnc'];
  readonly vncBecause?: string | undefined;
}

export interface PortOptions {
  /** The machine runs: its ports are what it has. */
  readonly running: boolean;
  /** Write down what `auto` chose, so that no other machine of this user takes it. */
  readonly reserve: boolean;
}

/**
 * Chooses ports and looks whether they are free, by binding them as QEMU would.
 * `auto` takes what the machine had the last time, else the first free one that
 * no other machine of this user calls its own. Throws `port-busy` with the
 * holder's name, as far as it may be known.
 */
export async function choosePorts(
  context: LifecycleContext,
  located: LocatedMachine,
  { running, reserve }: PortOptions,
): Promise<ChosenPorts> {
  const { config, paths } = located;
  if (running) {
    const last = (await readState(paths))?.plan;
    if (last !== undefined) return { ssh: last.ssh, vnc: last.vnc, vncBecause: last.vncBecause };
  }
  const auto = config.sshPort === 'auto' || config.vnc.kind === 'auto';
  if (!auto || !reserve) return await choose(context, located);
  // Two machines that start at the same moment must not choose the same port.
  const lock = await lockMachine(portsLockFile(context.env), {
    waitMs: lockWaitMs,
    signal: context.signal,
  });
  try {
    const chosen = await choose(context, located);
    await writeKeptPorts(paths, {
      ...(config.sshPort === 'auto' ? { ssh: chosen.ssh.port } : {}),
      ...(config.vnc.kind === 'auto' && chosen.vnc !== undefined && 'display' in chosen.vnc
        ? { vncDisplay: chosen.vnc.display }
        : {}),
    });
    return chosen;
  } finally {
    await lock.release();
  }
}

async function choose(
  context: LifecycleContext,
  { config, paths }: LocatedMachine,
): Promise<ChosenPorts> {
  const [kept, people] = await Promise.all([
    readKeptPorts(paths),
    findPeople(context.env, context.cwd),
  ]);
  const screen = chooseScreen(config, people);
  let others: Promise<ReadonlySet<number>> | undefined;
  const findFree = async (host: string, first: number): Promise<number | undefined> => {
    others ??= portsOfOthers(context.env, process.getuid?.() ?? 0, paths);
    return await suggestFreePort(host, first, await others);
  };
  const [ssh, vnc] = await Promise.all([
    chooseSsh(context, config, kept.ssh, findFree),
    chooseVnc(context, screen, paths.vncSocket, kept.vncDisplay, findFree),
    checkForwards(context, config),
  ]);
  return { ssh, vnc, vncBecause: screen.because };
}

type FindFree = (host: string, first: number) => Promise<number | undefined>;

async function chooseSsh(
  context: LifecycleContext,
  config: Config,
  before: number | undefined,
  findFree: FindFree,
): Promise<HostAddress> {
  // Closed to others at first, on loopback; the other address must be free as well.
  const { sshInterface } = config;
  const host = firstSshHost(sshInterface);
  const probe = async (port: number): ReturnType<typeof probePort> => {
    const outside = await probePort(sshInterface, port);
    return outside.free && host !== sshInterface ? await probePort(host, port) : outside;
  };
  // 0.0.0.0 is free where every address is.
  const everywhere = host === sshInterface ? host : '0.0.0.0';
  if (config.sshPort === 'auto') {
    if (before !== undefined && (await probe(before)).free) return { host, port: before };
    const port = await findFree(everywhere, firstSshPort);
    if (port !== undefined) return { host, port };
    throw noFreePort('SSH', firstSshPort);
  }
  const port = config.sshPort;
  const state = await probe(port);
  if (state.free) return { host, port };
  if (state.code === 'EADDRNOTAVAIL') {
    throw new UtopiaError(
      'port-busy',
      `UTOPIA_SSH_INTERFACE=${sshInterface} is no address of this host.`,
      { hint: 'Use 127.0.0.1, or an address that `ip address` shows.' },
    );
  }
  const free = await findFree(everywhere, port + 1);
  throw await refuseBusyPort(context, `The machine cannot start: port ${port}`, state, [
    free === undefined ? undefined : `UTOPIA_SSH_PORT=${free} utopia up      (${free} is free)`,
  ]);
}

async function chooseVnc(
  context: LifecycleContext,
  { vnc }: ScreenChoice,
  socket: string,
  before: number | undefined,
  findFree: FindFree,
): Promise<MachinePlan['vnc']> {
  if (vnc.kind === 'off') return undefined;
  if (vnc.kind === 'unix') return { socket };
  if (vnc.kind === 'auto') {
    const host = '127.0.0.1';
    if (before !== undefined && (await probePort(host, vncBasePort + before)).free) {
      return { host, display: before };
    }
    const port = await findFree(host, vncBasePort);
    if (port === undefined) throw noFreePort('VNC', vncBasePort);
    return { host, display: port - vncBasePort };
  }
  const { host, display } = vnc;
  const state = await probePort(host, vncBasePort + display);
  if (state.free) return { host, display };
  const free = await findFree(host, vncBasePort + display + 1);
  const what = `The machine cannot start: VNC display ${display} (port ${vncBasePort + display})`;
  throw await refuseBusyPort(context, what, state, [
    free === undefined
      ? undefined
      : `UTOPIA_VNC=${host}:${free - vncBasePort} utopia up      (that display is free)`,
    'UTOPIA_VNC=auto utopia up',
  ]);
}

/** UDP is left to QEMU: nothing tells who holds such a port without root. */
async function checkForwards(context: LifecycleContext, { forwards }: Config): Promise<void> {
  for (const { protocol, host, hostPort } of forwards) {
    const state = protocol === 'tcp' ? await probePort(host, hostPort) : { free: true as const };
    if (state.free) continue;
    const what = `The machine cannot start: port ${hostPort} (UTOPIA_FORWARDS)`;
    throw await refuseBusyPort(context, what, state, ['Write another port in UTOPIA_FORWARDS.']);
  }
}

function noFreePort(what: string, from: number): UtopiaError {
  return new UtopiaError('port-busy', `No free ${what} port from ${from} to ${from + 100}.`, {
    hint: 'ss -tlnp shows who listens.',
  });
}
