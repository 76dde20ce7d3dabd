import type { Environment } from '../../environment.ts';
import {
  containerFiles,
  containerVariables,
  detectContainer,
  hasDevicesV1,
  leavesIdsOut,
  type Container,
  type ContainerKind,
} from '../facts/container.ts';
import type { Mount } from '../facts/mounts.ts';
import type { HostSource } from '../source/host-source.ts';
import type { Ask } from './asking.ts';

/** Names of machines and applications are short; what is longer is none. */
const longestName = 100;

/** What this runs in, and the marks of containers that were seen. */
export async function gatherContainer(
  source: HostSource,
  env: Environment,
  known: { readonly mounts: readonly Mount[]; readonly kernel: string | undefined },
  ask: Ask,
): Promise<{ readonly container: Container | undefined; readonly markers: readonly string[] }> {
  const read = async (path: string): Promise<string | undefined> =>
    (await ask(path, async () => await source.readText(path)))?.trim();
  const [inside, outside, uidMap] = await Promise.all([
    read('/run/systemd/container'),
    read('/run/host/container-manager'),
    read('/proc/self/uid_map'),
  ]);
  const markers: string[] = [];
  // systemd calls WSL 2 a container, too; it has a kernel of its own.
  if (inside !== undefined && inside !== 'wsl') markers.push('/run/systemd/container');
  for (const path of containerFiles) {
    if ((await ask(path, async () => await source.stat(path))) !== undefined) markers.push(path);
  }
  if (env['container'] !== undefined) markers.push(`container=${env['container']}`);
  markers.push(...containerVariables.filter((name) => env[name] !== undefined));
  const container = detectContainer({
    ...known,
    markers,
    env,
    manager: (inside === 'wsl' ? undefined : inside) ?? outside,
    userNamespace: leavesIdsOut(uidMap),
  });
  if (container === undefined) return { container, markers };
  const name = await findName(container.kind, env, read);
  const cgroupV1 = hasDevicesV1(await read('/proc/self/cgroup'));
  return { container: { ...container, name, cgroupV1, uidMap }, markers };
}

/** How the container is called outside, where it says so in here. */
async function findName(
  kind: ContainerKind,
  env: Environment,
  read: (path: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const name =
    kind === 'flatpak'
      ? (env['FLATPAK_ID'] ?? /^name=(.*)$/m.exec((await read('/.flatpak-info')) ?? '')?.[1])
      : kind === 'distrobox'
        ? env['CONTAINER_ID']
        : kind === 'lxd' || kind === 'incus' || kind === 'crostini'
          ? await read('/etc/hostname')
          : undefined;
  return name !== undefined && /^[\w.-]+$/.test(name) && name.length <= longestName
    ? name
    : undefined;
}
