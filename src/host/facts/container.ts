import type { Environment } from '../../environment.ts';
import { mountedType, type Mount } from './mounts.ts';

/** What made a container, as far as its remedies differ. */
export type ContainerKind =
  | 'flatpak'
  | 'distrobox'
  | 'toolbox'
  | 'crostini'
  | 'codespaces'
  | 'devcontainer'
  | 'gitpod'
  | 'kubernetes'
  | 'github'
  | 'gitlab'
  | 'gitea'
  | 'apptainer'
  | 'firejail'
  | 'proxmox'
  | 'incus'
  | 'lxd'
  | 'lxc'
  | 'nspawn'
  | 'podman-rootless'
  | 'podman'
  | 'docker-rootless'
  | 'docker'
  | 'chroot'
  | 'user-namespace'
  | 'unknown';

/** What is seen of a container from inside. */
export interface ContainerSigns {
  /** Files and variables that container engines leave; some plain machines have them too. */
  readonly markers: readonly string[];
  readonly mounts: readonly Mount[];
  readonly env: Environment;
  /** /run/systemd/container or /run/host/container-manager: `lxc`, `systemd-nspawn`. */
  readonly manager: string | undefined;
  readonly kernel: string | undefined;
  /** /proc/self/uid_map leaves user ids out, so that their files belong to nobody. */
  readonly userNamespace: boolean;
}

/** Why this is taken for a container; undefined on a plain machine. */
export interface Container {
  readonly kind: ContainerKind;
  readonly signs: readonly string[];
  /** Its root is a user of the host outside. */
  readonly userNamespace: boolean;
  /** How it is called outside, where that is seen in here. */
  readonly name?: string | undefined;
  /** Devices are allowed by control groups of version 1. */
  readonly cgroupV1?: boolean | undefined;
  /** Text of /proc/self/uid_map. */
  readonly uidMap?: string | undefined;
}

/** Files that tell of a container when they are there. */
export const containerFiles = [
  '/.dockerenv',
  '/run/.containerenv',
  '/run/host/container-manager',
  '/.flatpak-info',
  '/run/.toolboxenv',
  '/dev/.cros_milestone',
  '/dev/incus/sock',
  '/dev/lxd/sock',
  '/.singularity.d',
] as const;

/** Those that an image keeps when it becomes a machine. */
const engineFiles: readonly string[] = ['/.dockerenv', '/run/.containerenv'];

/** Variables that tell of one, whatever they hold. */
export const containerVariables = [
  'KUBERNETES_SERVICE_HOST',
  'APPTAINER_CONTAINER',
  'SINGULARITY_CONTAINER',
  'SCHROOT_SESSION_ID',
  'GITPOD_WORKSPACE_ID',
] as const;

/** All user ids of a host, as /proc/self/uid_map has them outside of namespaces (user_namespaces(7)). */
const allIds = 4_294_967_295;

/** Whether a text of /proc/self/uid_map leaves ids out; false for one that is not known. */
export function leavesIdsOut(uidMap: string | undefined): boolean {
  const ranges = (uidMap ?? '').split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const mapped = ranges.reduce((sum, [, , count = 0]) => sum + count, 0);
  return mapped > 0 && mapped < allIds;
}

/** Which user of outside a user of this namespace is (user_namespaces(7)); undefined for one that is not mapped. */
export function outsideId(uidMap: string | undefined, uid: number): number | undefined {
  for (const line of (uidMap ?? '').split('\n')) {
    const [inside = NaN, outside = NaN, count = NaN] = line.trim().split(/\s+/).map(Number);
    if (uid >= inside && uid < inside + count) return outside + uid - inside;
  }
  return undefined;
}

/** Whether /proc/self/cgroup names a controller of devices, which version 1 alone has. */
export function hasDevicesV1(cgroup: string | undefined): boolean {
  return /^\d+:(?:[^:]*,)?devices(?:,[^:]*)?:/m.test(cgroup ?? '');
}

/** The kinds in the order in which they are recognised: what stands in another comes first. */
const kinds: readonly {
  readonly kind: ContainerKind;
  readonly is: (signs: ContainerSigns) => boolean;
}[] = [
  {
    kind: 'flatpak',
    is: (signs) => marked(signs, '/.flatpak-info') || signs.env['container'] === 'flatpak',
  },
  { kind: 'firejail', is: ({ env }) => env['container'] === 'firejail' },
  { kind: 'distrobox', is: ({ env }) => env['DISTROBOX_ENTER_PATH'] !== undefined },
  {
    kind: 'toolbox',
    is: (signs) => marked(signs, '/run/.toolboxenv') || signs.env['TOOLBOX_PATH'] !== undefined,
  },
  { kind: 'crostini', is: (signs) => marked(signs, '/dev/.cros_milestone') },
  { kind: 'codespaces', is: ({ env }) => env['CODESPACES'] === 'true' },
  { kind: 'gitpod', is: ({ env }) => env['GITPOD_WORKSPACE_ID'] !== undefined },
  {
    kind: 'devcontainer',
    is: ({ env }) => env['REMOTE_CONTAINERS'] === 'true' || env['DEVCONTAINER'] !== undefined,
  },
  { kind: 'kubernetes', is: ({ env }) => env['KUBERNETES_SERVICE_HOST'] !== undefined },
  { kind: 'gitlab', is: ({ env }) => env['GITLAB_CI'] !== undefined },
  {
    kind: 'gitea',
    is: ({ env }) => env['GITEA_ACTIONS'] !== undefined || env['FORGEJO_ACTIONS'] !== undefined,
  },
  { kind: 'github', is: ({ env }) => env['GITHUB_ACTIONS'] !== undefined },
  {
    kind: 'apptainer',
    is: (signs) =>
      marked(signs, '/.singularity.d') ||
      signs.env['APPTAINER_CONTAINER'] !== undefined ||
      signs.env['SINGULARITY_CONTAINER'] !== undefined,
  },
  {
    kind: 'podman-rootless',
    is: (signs) => isPodman(signs) && signs.userNamespace,
  },
  { kind: 'podman', is: isPodman },
  { kind: 'docker-rootless', is: (signs) => isDocker(signs) && signs.userNamespace },
  { kind: 'docker', is: isDocker },
  { kind: 'nspawn', is: ({ manager, env }) => (manager ?? env['container']) === 'systemd-nspawn' },
  { kind: 'incus', is: (signs) => marked(signs, '/dev/incus/sock') },
  { kind: 'lxd', is: (signs) => marked(signs, '/dev/lxd/sock') },
  { kind: 'proxmox', is: (signs) => isLxc(signs) && signs.kernel?.endsWith('-pve') === true },
  { kind: 'lxc', is: isLxc },
  {
    kind: 'chroot',
    is: (signs) => isChroot(signs) || signs.env['SCHROOT_SESSION_ID'] !== undefined,
  },
  { kind: 'user-namespace', is: ({ userNamespace }) => userNamespace },
];

function marked({ markers }: ContainerSigns, path: string): boolean {
  return markers.includes(path);
}

function isPodman(signs: ContainerSigns): boolean {
  return (
    marked(signs, '/run/.containerenv') || (signs.manager ?? signs.env['container']) === 'podman'
  );
}

function isDocker(signs: ContainerSigns): boolean {
  return marked(signs, '/.dockerenv') || (signs.manager ?? signs.env['container']) === 'docker';
}

function isLxc({ manager, env, mounts }: ContainerSigns): boolean {
  return (manager ?? env['container']) === 'lxc' || hasLxcfs(mounts);
}

/** LXC, LXD, Incus and Proxmox lay their own files over those of /proc (lxcfs(1)). */
function hasLxcfs(mounts: readonly Mount[]): boolean {
  return mounts.some(({ type, point }) => type === 'fuse.lxcfs' && point.startsWith('/proc/'));
}

/** A file system is mounted on /, unless / is a folder of one: mounts outside of it are not shown. */
function isChroot({ mounts }: ContainerSigns): boolean {
  return mounts.length > 0 && mountedType(mounts, '/') === undefined;
}

/**
 * A container shows in two ways at least: a marker of its engine, and a root, a
 * /dev or user ids that no kernel boots with. A marker alone was left by an image that
 * was turned into a machine; an overlay root alone is a live system. What a user
 * namespace, a chroot or flatpak shows, no plain machine has.
 */
export function detectContainer(signs: ContainerSigns): Container | undefined {
  const { markers, mounts, userNamespace } = signs;
  const overlayRoot = mountedType(mounts, '/')?.includes('overlay') === true;
  const privateDev = mountedType(mounts, '/dev') === 'tmpfs';
  const chroot = isChroot(signs);
  const seen = [
    ...markers,
    ...(overlayRoot ? ['an overlay file system on /'] : []),
    ...(privateDev ? ['a tmpfs on /dev'] : []),
    ...(userNamespace ? ['/proc/self/uid_map'] : []),
    ...(hasLxcfs(mounts) ? ['lxcfs on /proc'] : []),
    ...(chroot ? ['no file system mounted on /'] : []),
  ];
  const second = overlayRoot || privateDev || hasLxcfs(mounts);
  const isContainer =
    userNamespace ||
    chroot ||
    marked(signs, '/.flatpak-info') ||
    signs.env['SCHROOT_SESSION_ID'] !== undefined ||
    (markers.length > 0 && second) ||
    (overlayRoot && privateDev) ||
    (hasLxcfs(mounts) && privateDev);
  if (!isContainer) return undefined;
  // Left by an image that was turned into a machine, they say nothing of a namespace in it.
  const telling = second ? markers : markers.filter((marker) => !engineFiles.includes(marker));
  return {
    kind: kinds.find(({ is }) => is({ ...signs, markers: telling }))?.kind ?? 'unknown',
    signs: seen,
    userNamespace,
  };
}
