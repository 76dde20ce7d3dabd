import { developmentPackages } from './build-packages.ts';
import type { Fix } from './check.ts';
import type { Tool } from './needs.ts';
import type { OsRelease } from './os-release.ts';

interface Distribution {
  /** Words of ID or ID_LIKE. */
  readonly families: readonly string[];
  readonly install: readonly string[];
  /** Refreshes the list of packages first, where installing needs that. */
  readonly refresh?: readonly string[];
  readonly packages: Readonly<Record<Tool, readonly string[]>>;
}

/** The first row that knows the distribution counts, so the special stand before the general. */
export const distributions: readonly Distribution[] = [
  {
    families: ['debian', 'ubuntu'],
    refresh: ['apt-get', 'update'],
    install: ['apt-get', 'install', '-y', '--no-install-recommends'],
    packages: {
      ...developmentPackages('debian'),
      qemu: ['qemu-system-x86'],
      'qemu-img': ['qemu-utils'],
      ssh: ['openssh-client'],
      flock: ['util-linux'],
      mmdebstrap: ['mmdebstrap'],
      mke2fs: ['e2fsprogs'],
      newuidmap: ['uidmap'],
      'debian-keys': ['debian-archive-keyring'],
    },
  },
  {
    families: ['rhel', 'centos'],
    install: ['dnf', 'install', '-y'],
    packages: {
      ...developmentPackages('rhel'),
      qemu: ['qemu-kvm'],
      'qemu-img': ['qemu-img'],
      ssh: ['openssh-clients'],
      flock: ['util-linux'],
      mmdebstrap: ['mmdebstrap'],
      mke2fs: ['e2fsprogs'],
      newuidmap: ['shadow-utils'],
      'debian-keys': ['debian-keyring'],
    },
  },
  {
    families: ['fedora'],
    install: ['dnf', 'install', '-y'],
    packages: {
      ...developmentPackages('fedora'),
      qemu: ['qemu-system-x86'],
      'qemu-img': ['qemu-img'],
      ssh: ['openssh-clients'],
      flock: ['util-linux'],
      mmdebstrap: ['mmdebstrap'],
      mke2fs: ['e2fsprogs'],
      newuidmap: ['shadow-utils'],
      'debian-keys': ['debian-keyring'],
    },
  },
  {
    families: ['arch'],
    install: ['pacman', '-S', '--needed', '--noconfirm'],
    packages: {
      ...developmentPackages('arch'),
      qemu: ['qemu-base'],
      'qemu-img': ['qemu-img'],
      ssh: ['openssh'],
      flock: ['util-linux'],
      mmdebstrap: ['mmdebstrap'],
      mke2fs: ['e2fsprogs'],
      newuidmap: ['shadow'],
      'debian-keys': ['debian-archive-keyring'],
    },
  },
  {
    families: ['suse', 'opensuse'],
    install: ['zypper', '--non-interactive', 'install'],
    packages: {
      ...developmentPackages('suse'),
      qemu: ['qemu-x86'],
      'qemu-img': ['qemu-tools'],
      ssh: ['openssh-clients'],
      flock: ['util-linux'],
      mmdebstrap: ['mmdebstrap'],
      mke2fs: ['e2fsprogs'],
      newuidmap: ['shadow'],
      'debian-keys': ['debian-keyring'],
    },
  },
  {
    families: ['nixos'],
    install: ['nix-env', '-iA'],
    packages: {
      ...developmentPackages('nixos'),
      qemu: ['nixos.qemu'],
      'qemu-img': ['nixos.qemu'],
      ssh: ['nixos.openssh'],
      flock: ['nixos.util-linux'],
      mmdebstrap: ['nixos.mmdebstrap'],
      mke2fs: ['nixos.e2fsprogs'],
      newuidmap: ['nixos.shadow'],
      'debian-keys': ['nixos.debian-archive-keyring'],
    },
  },
  {
    families: ['alpine'],
    install: ['apk', 'add'],
    packages: {
      ...developmentPackages('alpine'),
      qemu: ['qemu-system-x86_64'],
      'qemu-img': ['qemu-img'],
      ssh: ['openssh-client'],
      flock: ['flock'],
      mmdebstrap: ['mmdebstrap'],
      mke2fs: ['e2fsprogs'],
      newuidmap: ['shadow-uidmap'],
      'debian-keys': ['debian-archive-keyring'],
    },
  },
];

export interface InstallPlan {
  /** Commands in order, each to be run as root; empty for an unknown distribution. */
  readonly commands: readonly (readonly string[])[];
  /** The packages' names, or the tools' own where the distribution is unknown. */
  readonly packages: readonly string[];
}

/** How this distribution installs these tools. */
export function installCommand(os: OsRelease, tools: readonly Tool[]): InstallPlan {
  const distribution = distributions.find((each) =>
    each.families.some((family) => os.families.some((word) => word.startsWith(family))),
  );
  if (distribution === undefined) return { commands: [], packages: [...tools] };
  const packages = [...new Set(tools.flatMap((tool) => distribution.packages[tool]))];
  const refresh = distribution.refresh === undefined ? [] : [distribution.refresh];
  return { commands: [...refresh, [...distribution.install, ...packages]], packages };
}

/** The plan as a line for a hint: `sudo apt-get install -y … qemu-system-x86`. */
export function describeInstall(plan: InstallPlan): string {
  const last = plan.commands.at(-1);
  if (last === undefined)
    return `Install ${plan.packages.join(' and ')} with your package manager.`;
  const nix = last[0] === 'nix-env';
  return nix ? last.join(' ') : `sudo ${last.join(' ')}`;
}

/** The same as the fix of a check. */
export function installFix(os: OsRelease, tools: readonly Tool[]): Fix {
  const { commands, packages } = installCommand(os, tools);
  const names = packages.join(' ');
  // NixOS keeps its packages in a file; nix-env is the way that works at once, as the user.
  const nix = os.families.includes('nixos');
  const fix = {
    kind: commands.length === 0 || nix ? 'manual' : 'auto',
    commands: commands.map((argv, index) =>
      index === commands.length - 1
        ? { argv, root: !nix, why: `installs ${names}` }
        : // One of many sources that does not answer is no reason not to try the others.
          { argv, root: !nix, why: 'refreshes the list of packages', optional: true as const },
    ),
    after: 'none',
  } as const;
  if (commands.length > 0) return fix;
  return { ...fix, advice: `Install ${packages.join(' and ')} with your package manager.` };
}
