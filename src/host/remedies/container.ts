import type { Fix } from '../check.ts';
import { outsideId, type Container, type ContainerKind } from '../facts/container.ts';
import type { HostFacts } from '../facts/machine-facts.ts';
import { engineRemedies } from './engines.ts';
import { machineRemedies } from './machines.ts';
import { serviceRemedies } from './services.ts';
import { outside, type ContainerRemedy, type Trouble } from './container-remedy.ts';

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
  const { name = 'NAME', cgroupV1 = false, userNamespace, uidMap } = container;
  const gid = device.file?.type === 'chr' && !isGroupUnmapped(facts) ? device.file.gid : undefined;
  const found = remedyOf(container, trouble).remedy({
    trouble,
    gid: gid === undefined ? 'GID' : String(gid),
    insideGid: device.kvmGroup === undefined ? 'GID' : String(device.kvmGroup.gid),
    name,
    user: account.name ?? 'USER',
    groupName: gid === undefined ? undefined : device.group?.name,
    userNamespace,
    outsideUid: String(
      (account.uid === undefined ? undefined : outsideId(uidMap, account.uid)) ?? 'UID',
    ),
    cgroupV1,
  });
  return { kind: 'manual', ...explainGid(found), after: 'relogin' };
}

/** Whether the groups of this container's processes are given in it, at a login. */
export function hasOwnLogins(container: Container): boolean {
  return remedyOf(container).ownLogins === true;
}

/** The number of a group outside is not seen in here while there is no device: where it is found. */
function explainGid(found: Pick<Fix, 'commands' | 'advice'>): Pick<Fix, 'commands' | 'advice'> {
  const text = JSON.stringify(found);
  if (!/group[-_]add\W*GID/.test(text) || text.includes('stat -c %g')) return found;
  const gid = `GID is what \`stat -c %g /dev/kvm\` prints ${outside}.`;
  return { ...found, advice: found.advice === undefined ? gid : `${found.advice} ${gid}` };
}
