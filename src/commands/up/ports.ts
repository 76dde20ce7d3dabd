import type { Config } from '../../config/types.ts';
import { UtopiaError } from '../../errors.ts';
import { probePort, suggestFreePort, type PortHolder } from '../../host/ports.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { HostAddress, MachinePlan } from '../../machine/plan.ts';
import { readState } from '../../machine/state.ts';

/** VNC's display 0 is TCP port 5900 (RFC 6143). */
const vncBasePort = 5900;
/** Where `auto` starts to look: the lab's own port. */
const firstSshPort = 22_223;

/** The addresses that a machine will listen on. */
export interface ChosenPorts {
  readonly ssh: HostAddress;
  readonly vnc: MachinePlan['vnc'];
}

/**
 * Chooses ports and looks whether they are free, by binding them as QEMU would.
 * `auto` takes what the machine had the last time, else the first free one.
 * Throws `port-busy` with the holder's name, as far as it may be known.
 */
export async function choosePorts(
  config: Config,
  paths: MachinePaths,
  running = false,
): Promise<ChosenPorts> {
  const last = (await readState(paths))?.plan;
  if (running && last !== undefined) return { ssh: last.ssh, vnc: last.vnc };
  const [ssh, vnc] = await Promise.all([chooseSsh(config, last), chooseVnc(config, last)]);
  return { ssh, vnc };
}

async function chooseSsh(config: Config, last: MachinePlan | undefined): Promise<HostAddress> {
  const host = config.sshInterface;
  if (config.sshPort === 'auto') {
    const before = last?.ssh.port;
    if (before !== undefined && (await probePort(host, before)).free) return { host, port: before };
    const port = await suggestFreePort(host, firstSshPort);
    if (port !== undefined) return { host, port };
    throw noFreePort('SSH', firstSshPort);
  }
  const port = config.sshPort;
  const state = await probePort(host, port);
  if (state.free) return { host, port };
  if (state.code === 'EADDRNOTAVAIL') {
    throw new UtopiaError('port-busy', `UTOPIA_SSH_INTERFACE=${host} is no address of this host.`, {
      hint: 'Use 127.0.0.1, or an address that `ip address` shows.',
    });
  }
  const free = await suggestFreePort(host, port + 1);
  throw busy(`port ${port}`, state.code, state.holder, [
    free === undefined ? undefined : `UTOPIA_SSH_PORT=${free} utopia up      (${free} is free)`,
  ]);
}

async function chooseVnc(
  config: Config,
  last: MachinePlan | undefined,
): Promise<MachinePlan['vnc']> {
  const { vnc } = config;
  if (vnc.kind === 'off') return undefined;
  if (vnc.kind === 'auto') {
    const host = '127.0.0.1';
    const before = last?.vnc;
    if (before !== undefined && (await probePort(host, vncBasePort + before.display)).free) {
      return before;
    }
    const port = await suggestFreePort(host, vncBasePort);
    if (port === undefined) throw noFreePort('VNC', vncBasePort);
    return { host, display: port - vncBasePort };
  }
  const { host, display } = vnc;
  const state = await probePort(host, vncBasePort + display);
  if (state.free) return { host, display };
  const free = await suggestFreePort(host, vncBasePort + display + 1);
  throw busy(`VNC display ${display} (port ${vncBasePort + display})`, state.code, state.holder, [
    free === undefined
      ? undefined
      : `UTOPIA_VNC=${host}:${free - vncBasePort} utopia up      (that display is free)`,
    'UTOPIA_VNC=auto utopia up',
  ]);
}

function busy(
  what: string,
  code: string,
  holder: PortHolder | undefined,
  ways: readonly (string | undefined)[],
): UtopiaError {
  const hint = ways.filter((way) => way !== undefined).join('\n');
  if (code !== 'EADDRINUSE') {
    return new UtopiaError('port-busy', `The machine cannot start: ${what} is refused (${code}).`, {
      hint,
    });
  }
  return new UtopiaError('port-busy', `The machine cannot start: ${what} is taken.`, {
    details: [`By  ${describeHolder(holder)}`],
    hint,
  });
}

function describeHolder(holder: PortHolder | undefined): string {
  if (holder?.pid !== undefined) return `${holder.program ?? 'a process'}, pid ${holder.pid}`;
  if (holder?.uid !== undefined)
    return `a process of user id ${holder.uid} that you may not look into`;
  return 'a process that cannot be seen from here (another container or network namespace)';
}

function noFreePort(what: string, from: number): UtopiaError {
  return new UtopiaError('port-busy', `No free ${what} port from ${from} to ${from + 100}.`, {
    hint: 'ss -tlnp shows who listens.',
  });
}
