import type { FolderMode } from './share.ts';
import type { People } from './people.ts';
import type { Environment } from '../../environment.ts';
import type { CanaryResult } from '../canary.ts';
import type { KvmVerdict } from '../kvm-verdict.ts';
import type { OsRelease } from '../os-release.ts';
import type { FeatureLists } from '../qemu-installation.ts';
import type { FileStatus, PortAnswer, Space } from '../source/host-source.ts';
import type { GroupEntry } from './accounts.ts';
import type { CpuFacts } from './cpuinfo.ts';
import type { Listener } from './listeners.ts';
import type { BlacklistLine } from './modules.ts';
import type { ProcessStatus } from './process-status.ts';
import type { Container } from './container.ts';
import type { WslVersion } from './surroundings.ts';
import type { UdevRule } from './udev.ts';
import type { WorkFacts } from './work.ts';

/** The machine below: processor, kernel, what it runs in. */
export interface MachineFacts {
  readonly os: OsRelease;
  readonly env: Environment;
  readonly arch: string | undefined;
  readonly kernel: string | undefined;
  readonly wsl: WslVersion;
  readonly container: Container | undefined;
  /** Marker files of containers, whether it is one or not. */
  readonly containerMarkers: readonly string[];
  /** The service in whose job this runs, such as `GitHub Actions`. */
  readonly jobRunner: string | undefined;
  /** systemd is the init (sd_booted(3)): it runs udev, and reads modules-load.d. */
  readonly systemd: boolean;
  /** /sys/class/dmi/id/sys_vendor: names the outer hypervisor where there is one. */
  readonly vendor: string | undefined;
  /** product_name beside it: a cloud's machine type, for one. */
  readonly product: string | undefined;
  /** chassis_asset_tag beside it, by which clouds tell themselves from the hypervisor they use. */
  readonly assetTag: string | undefined;
  readonly cpu: CpuFacts | undefined;
  /** Null where it may not be read; undefined when nobody had to ask. */
  readonly kernelLog: string | null | undefined;
  /** Parameters ept (Intel) or npt (AMD) of the loaded module: Y, N, 1 or 0. */
  readonly pagingParameter: { readonly path: string; readonly value: string } | undefined;
  /** CPU time is wanted by a virtual machine of another hypervisor. */
  readonly virtualMachines: readonly { readonly pid: number; readonly program: string }[];
}

/** KVM's kernel modules: what is loaded, and what keeps them from it. */
export interface ModuleFacts {
  /** Modules of hypervisors that are loaded or built in. */
  readonly loaded: ReadonlySet<string>;
  /** /proc/modules or /sys/module could be read, so what is not in `loaded` is not there. */
  readonly known: boolean;
  readonly blacklisted: readonly BlacklistLine[];
  /** /lib/modules has a tree for the running kernel; undefined when that one is not known. */
  readonly treeFound: boolean | undefined;
  /** There is a /proc/modules; undefined when neither it nor /sys/module can be read. */
  readonly takesModules: boolean | undefined;
  /** Those of them that were loaded, and can be unloaded; the others are built in. */
  readonly removable: ReadonlySet<string>;
  /** Our own file in /etc/modules-load.d is there already. */
  readonly listFileExists: boolean;
  /** The trees that are there. */
  readonly trees: readonly string[];
  /** No module can be loaded until the next boot (kernel.modules_disabled), and what sets that. */
  readonly loadingDisabled: { readonly setBy: string | undefined } | undefined;
  /** /sys/kernel/security/lockdown: `integrity` or `confidentiality`, where the kernel takes signed modules only. */
  readonly lockdown: string | undefined;
}

/** The process's own identity, and what the account database says of its user. */
export interface AccountFacts {
  readonly name: string | undefined;
  readonly uid: number | undefined;
  readonly primaryGid: number | undefined;
  /** The user stands in /etc/passwd, not only in a directory server's database. */
  readonly inPasswd: boolean;
  readonly status: ProcessStatus | undefined;
  /** Who became root through sudo, and will run labs as themselves; undefined without sudo. */
  readonly sudoUser: SudoUser | undefined;
}

export interface SudoUser {
  readonly name: string;
  readonly primaryGid: number | undefined;
  readonly inPasswd: boolean;
}

/** /dev/kvm and who may open it. */
export interface DeviceFacts {
  readonly file: FileStatus | undefined;
  /** errno of opening it for reading and writing; undefined when it opens. */
  readonly errno: string | undefined;
  /** It opens to this user, or would, only because everybody may open it. */
  readonly forEverybody: boolean;
  /** The group that owns it, by its number. */
  readonly group: GroupEntry | undefined;
  /** A group called kvm is in the database. */
  readonly kvmGroup: GroupEntry | undefined;
  /** The group stands in /etc/group, where a member can be added on this host. */
  readonly groupInFile: boolean;
  /** Looked for only when the device is missing or refused. */
  readonly rules: readonly UdevRule[];
  /** The list of a control group (version 1) that leaves the device out. */
  readonly deniedBy: { readonly path: string } | undefined;
  /** Our own file of rules is there already. */
  readonly ruleFileExists: boolean;
  /** The user's own systemd manager, when it lacks the group and keeps every login from it. */
  readonly staleManager: { readonly pid: number; readonly name: string } | undefined;
  readonly lingers: boolean;
}

/** What may look like QEMU and is not. */
export interface NearMiss {
  readonly path: string;
  /** It may not be run, or it emulates another processor. */
  readonly fault: 'not-executable' | 'other-guest';
}

/** QEMU's programs and what they answer. */
export interface QemuFacts {
  readonly binary: string | undefined;
  readonly imgBinary: string | undefined;
  readonly elsewhere: string | undefined;
  /** Looked for only where there is no QEMU. */
  readonly nearMiss: NearMiss | undefined;
  /** It was not run, since nobody agreed to run it. */
  readonly withheld: boolean;
  readonly features: Partial<FeatureLists> | undefined;
  readonly ssh: string | undefined;
}

/** The lab's place on this host. */
export interface ResourceFacts {
  readonly ports: readonly PortFacts[];
  readonly space: Space | undefined;
  /** The shared folder, then those above it; undefined while there is none. */
  readonly share: readonly FolderMode[] | undefined;
  readonly memory: MemoryFacts | undefined;
  /** The tightest limit of processor time; undefined where there is none. */
  readonly cpuQuota: CpuQuota | undefined;
  readonly firstUnprivilegedPort: number;
}

/** How many processors' time the process may use, and the file that says so. */
export interface CpuQuota {
  readonly processors: number;
  readonly path: string;
}

/** What stands in the way of user namespaces for users without root, and whether one can be made. */
export interface NamespaceFacts {
  /** A setting that restricts them, with its value; undefined where none does. */
  readonly setting: { readonly path: string; readonly value: string } | undefined;
  /** By trying; undefined where nobody had to try. */
  readonly works: boolean | undefined;
}

export interface PortFacts {
  /** `SSH` or `VNC`. */
  readonly purpose: 'SSH' | 'VNC';
  readonly key: 'UTOPIA_SSH_PORT' | 'UTOPIA_VNC';
  readonly host: string;
  readonly port: number;
  /** By binding it; undefined where that cannot be tried. */
  readonly answer: PortAnswer | undefined;
  readonly listener: Listener | undefined;
  /** Something on ::1 only: the port can be bound, but `localhost` leads there first. */
  readonly shadow: Listener | undefined;
  /** The next port that is free, when this one is not. */
  readonly free: number | undefined;
}

export interface MemoryFacts {
  readonly totalBytes: number | undefined;
  readonly availableBytes: number;
  /** The control group whose limit is tighter than the host's memory. */
  readonly limitedBy: { readonly path: string; readonly bytes: number } | undefined;
}

/** All that is known about a host, read once. */
export interface HostFacts {
  readonly machine: MachineFacts;
  readonly modules: ModuleFacts;
  readonly account: AccountFacts;
  readonly device: DeviceFacts;
  /** Undefined where that could not be found out. */
  readonly people: People | undefined;
  readonly namespaces: NamespaceFacts;
  readonly qemu: QemuFacts;
  readonly kvm: KvmVerdict | undefined;
  readonly emulation: CanaryResult | undefined;
  /** How many times as long computing takes under emulation; asked only where a lab would run so. */
  readonly slowdown: number | undefined;
  readonly resources: ResourceFacts;
  /** Undefined where no check of the group Work was asked for. */
  readonly work?: WorkFacts | undefined;
  /** Probes that failed or did not come back in time, by name, with the reason. */
  readonly gaps: ReadonlyMap<string, string>;
}
