import type { Fix } from '../check.ts';
import type { Container, ContainerKind } from '../facts/container.ts';
import type { HostFacts } from '../facts/types.ts';
import { engineRemedies } from './engines.ts';
import { machineRemedies } from './machines.ts';
import { serviceRemedies } from './services.ts';
import type { ContainerRemedy, Trouble } from './types.ts';

/** Every kind of container has a remedy of its own: none is another's. */
const remedies: Readonly<Record<ContainerKind, ContainerRemedy>> = {
  ...engineRemedies,
  ...machineRemedies,
  ...serviceRemedies,
};

/** What ids that a user namespace leaves out are shown as (/proc/sys/kernel/overflowgid). */
const overflowId = 65_534;

/** With its article: `a Docker container`. */
export function nameOfContainer(container: Container, trouble?: Trouble): string {
  return remedyOf(container, trouble).name;
}

/** Engines that run with root and without: ids that are left out tell the one from the other. */
const rootless: Partial<Record<ContainerKind, ContainerKind>> = {
  docker: 'docker-rootless',
  podman: 'podman-rootless',
};

function remedyOf({ kind }: Container, trouble?: Trouble): ContainerRemedy {
  return remedies[trouble === 'unmapped' ? (rootless[kind] ?? kind) : kind];
}

/** The group of /dev/kvm has no number in this container's user namespace, so nobody in it can hold it. */
export function isGroupUnmapped({
  machine,
  device,
}: Pick<HostFacts, 'machine' | 'device'>): boolean {
  return machine.container !== undefined && device.file?.gid === overflowId;
}

/** What gives a container the device: outside of it, in the way of what made it. */
export function containerFix(facts: HostFacts, container: Container, trouble: Trouble): Fix {
  const { device, account } = facts;
  const gid = device.file?.type === 'chr' && !isGroupUnmapped(facts) ? device.file.gid : undefined;
  const found = remedyOf(container, trouble).remedy({
    trouble,
    gid: gid === undefined ? 'GID' : String(gid),
    insideGid: device.kvmGroup === undefined ? 'GID' : String(device.kvmGroup.gid),
    name: container.name ?? 'NAME',
    user: account.name ?? 'USER',
    cgroupV1: device.deniedBy !== undefined,
  });
  return { kind: 'manual', ...found, after: 'relogin' };
}
