import type { Config } from '../../config/machine-config.ts';
import { chooseScreen } from '../choose-screen.ts';
import { findConflict, parseListeners, type Listener } from '../facts/listeners.ts';
import type { People } from '../facts/people.ts';
import type { PortFacts, ResourceFacts } from '../facts/machine-facts.ts';
import type { HostSource } from '../source/host-source.ts';
import type { Ask } from './asking.ts';
import { gatherCpuQuota } from './cpus.ts';
import { gatherMemory } from './memory.ts';
import { gatherShare } from './share.ts';

/** VNC's display 0 is TCP port 5900 (RFC 6143). */
const vncBasePort = 5900;
/** Ports below this are root's, unless the kernel was told otherwise. */
const defaultFirstUnprivilegedPort = 1024;

/** Ports, room and memory for a lab; nothing about ports and room without a config. */
export async function gatherResources(
  source: HostSource,
  config: Config | undefined,
  overlayFolder: string | undefined,
  ask: Ask,
  people: Promise<People | undefined>,
): Promise<ResourceFacts> {
  const read = async (path: string): Promise<string | undefined> =>
    await ask(path, async () => await source.readText(path));
  // The kernel goes through all its sockets for such a table, which takes as long as
  // everything else here: meanwhile that is done. The other table is read only where
  // a bind does not say it all.
  const tcp6 = read('/proc/net/tcp6').then((text) => parseListeners(text ?? ''));
  const listeners: Listeners = {
    ipv6: async () => await tcp6,
    all: readOnce(async () => [
      ...parseListeners((await read('/proc/net/tcp')) ?? ''),
      ...(await tcp6),
    ]),
  };
  const wanted = config === undefined ? [] : wantedPorts(config, await people);
  const [first, memory, cpuQuota, space, share, ...ports] = await Promise.all([
    read('/proc/sys/net/ipv4/ip_unprivileged_port_start'),
    gatherMemory(read),
    gatherCpuQuota(read),
    overlayFolder === undefined
      ? undefined
      : ask('statfs', async () => await source.space(overlayFolder)),
    config === undefined
      ? undefined
      : ask('the shared folder', async () => await gatherShare(source, config.sharedDir)),
    ...wanted.map(async (each) => await lookAtPort(source, each, listeners, ask)),
  ]);
  const start = Number.parseInt(first ?? '', 10);
  return {
    ports,
    space,
    share,
    memory,
    cpuQuota,
    firstUnprivilegedPort: Number.isNaN(start) ? defaultFirstUnprivilegedPort : start,
  };
}

type WantedPort = Pick<PortFacts, 'purpose' | 'key' | 'host' | 'port'>;

/** `auto` takes what is free, and a private socket no port, so there is nothing to look at. */
function wantedPorts(config: Config, people: People | undefined): WantedPort[] {
  const { sshPort, sshInterface } = config;
  const { vnc } = chooseScreen(config, people ?? { kind: 'alone' });
  const wanted: WantedPort[] = [];
  if (sshPort !== 'auto') {
    wanted.push({ purpose: 'SSH', key: 'UTOPIA_SSH_PORT', host: sshInterface, port: sshPort });
  }
  if (vnc.kind === 'display') {
    const port = vncBasePort + vnc.display;
    wanted.push({ purpose: 'VNC', key: 'UTOPIA_VNC', host: vnc.host, port });
  }
  return wanted;
}

type ReadListeners = () => Promise<readonly Listener[]>;

interface Listeners {
  readonly ipv6: ReadListeners;
  readonly all: ReadListeners;
}

function readOnce(read: ReadListeners): ReadListeners {
  let reading: Promise<readonly Listener[]> | undefined;
  return async () => await (reading ??= read());
}

async function lookAtPort(
  source: HostSource,
  wanted: WantedPort,
  { ipv6, all }: Listeners,
  ask: Ask,
): Promise<PortFacts> {
  const { host, port } = wanted;
  const answer = await ask(`bind ${host}:${port}`, async () => await source.bindPort(host, port));
  const shadow = (await ipv6()).find(
    (each) => each.port === port && each.ipv6 && each.address === 'loopback' && !each.ipv4,
  );
  if (answer?.free === true && shadow === undefined) {
    return { ...wanted, answer, listener: undefined, shadow, free: undefined };
  }
  const listeners = await all();
  const listener = findConflict(listeners, host, port);
  const taken = answer === undefined ? listener !== undefined : !answer.free;
  const free = taken || shadow ? await nextFree(source, wanted, listeners, ask) : undefined;
  return { ...wanted, answer, listener, shadow, free };
}

async function nextFree(
  source: HostSource,
  { host, port: taken }: WantedPort,
  listeners: readonly Listener[],
  ask: Ask,
): Promise<number | undefined> {
  for (let port = taken + 1; port <= Math.min(taken + 100, 65_535); port += 1) {
    if (findConflict(listeners, host, port) !== undefined) continue;
    const answer = await ask(`bind ${port}`, async () => await source.bindPort(host, port));
    if (answer === undefined || answer.free) return port;
  }
  return undefined;
}
