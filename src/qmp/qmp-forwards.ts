import type { PortForward } from '../config/machine-config.ts';
import { UtopiaError } from '../errors.ts';
import type { QmpClient } from './client.ts';
import { humanMonitor } from './queries.ts';

/** The network back end of machine/argv.ts. */
const netdev = 'net0';

/**
 * The forwards of user networking as they are now, the one of SSH included. Only
 * the human monitor knows them (`info usernet`, printed by libslirp).
 */
export async function queryForwards(client: QmpClient): Promise<PortForward[]> {
  return parseForwards(await humanMonitor(client, 'info usernet'));
}

/** Reads `TCP[HOST_FORWARD]  12  127.0.0.1 22223  10.0.2.15  22  0  0`; `*` is every address. */
export function parseForwards(text: string): PortForward[] {
  return [
    ...text.matchAll(/^\s*(TCP|UDP)\[HOST_FORWARD\]\s+-?\d+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)\b/gm),
  ].map(([, protocol, host = '', hostPort, guestPort]) => ({
    protocol: protocol === 'UDP' ? 'udp' : 'tcp',
    host: host === '*' ? '0.0.0.0' : host,
    hostPort: Number(hostPort),
    guestPort: Number(guestPort),
  }));
}

/** The forward that leads from this address of the host to the guest's SSH. Pure. */
export function sshForward({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): PortForward {
  return { protocol: 'tcp', host, hostPort: port, guestPort: 22 };
}

/** Opens a port of the host while the machine runs. Throws `port-busy` with QEMU's words. */
export async function addForward(client: QmpClient, forward: PortForward): Promise<void> {
  const { protocol, host, hostPort, guestPort } = forward;
  const rule = `${protocol}:${host}:${hostPort}-:${guestPort}`;
  const answer = await humanMonitor(client, `hostfwd_add ${netdev} ${rule}`);
  if (answer.trim() === '') return;
  throw new UtopiaError('port-busy', `QEMU cannot forward ${rule}: ${answer.trim()}`, {
    hint: 'Take another port of the host.',
  });
}

/** Closes a port of the host; connections through it go on. Throws `qemu-failed` when QEMU does not know it. */
export async function removeForward(client: QmpClient, forward: PortForward): Promise<void> {
  const { protocol, host, hostPort } = forward;
  const rule = `${protocol}:${host}:${hostPort}`;
  const answer = await humanMonitor(client, `hostfwd_remove ${netdev} ${rule}`);
  if (/ removed\s*$/.test(answer)) return;
  throw new UtopiaError('qemu-failed', `QEMU did not remove ${rule}: ${answer.trim()}`, {
    hint: 'utopia forward --list shows what there is.',
  });
}

/** How many connections came in through a forward of TCP and are not over yet, as QEMU itself has it. */
export async function countAccepted(
  client: QmpClient,
  { host, hostPort }: Pick<PortForward, 'host' | 'hostPort'>,
): Promise<number> {
  return parseAccepted(await humanMonitor(client, 'info usernet'), { host, hostPort });
}

/** Counts `TCP[ESTABLISHED]  13  127.0.0.1 22223  10.0.2.15  22  0  0` of that host address, in any state. Pure. */
export function parseAccepted(
  text: string,
  { host, hostPort }: Pick<PortForward, 'host' | 'hostPort'>,
): number {
  return [...text.matchAll(/^ *TCP\[(\w+)\] +-?\d+ +(\S+) +(\d+) /gm)].filter(
    ([, state, source, port]) =>
      state !== 'HOST_FORWARD' && source === host && Number(port) === hostPort,
  ).length;
}
