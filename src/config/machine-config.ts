/** A port of the host that leads to one of the guest. */
export interface PortForward {
  readonly protocol: 'tcp' | 'udp';
  /** IPv4 address of the host on which the port listens. */
  readonly host: string;
  readonly hostPort: number;
  readonly guestPort: number;
}

/** Where a machine's screen is served; this host only. */
export type VncSetting =
  | { readonly kind: 'off' }
  | { readonly kind: 'auto' }
  /** A socket in the machine's private runtime folder. */
  | { readonly kind: 'unix' }
  /** Display N is TCP port 5900 + N on `host`. */
  | { readonly kind: 'display'; readonly host: string; readonly display: number };

/** What becomes of a guest's writes to an exercise disk: thrown away, refused, or written to the file. */
export type DiskMode = 'snapshot' | 'ro' | 'rw';

/** An exercise disk of UTOPIA_DISKS. */
export interface DiskSetting {
  /** Absolute path of the image. */
  readonly path: string;
  readonly mode: DiskMode;
  /** Serial number that the guest sees: /dev/disk/by-id/virtio-NAME. Different for each disk. */
  readonly name: string;
}

/** What a simulated sensor feed can do wrong. */
export type SimulatedFault =
  'bad-crc' | 'truncated' | 'burst' | 'node-0' | 'node-17' | 'silence' | 'disconnect';

/** Where the frames come from that the guest reads at its second serial port. */
export type SensorFeed =
  | { readonly kind: 'none' }
  | { readonly kind: 'sim'; readonly faults: readonly SimulatedFault[] }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** A recorded stream, by its absolute path. */
  | { readonly kind: 'replay'; readonly file: string }
  /** A serial port of the host, by its absolute path. */
  | { readonly kind: 'serial'; readonly device: string };

/** Settings of utopia.config or .env that could have QEMU run what came along with the file. */
export interface CarriedSettings {
  /** QEMU_BUILD_DIR is a path that starts at the file's folder. */
  readonly relativeQemu: boolean;
  /** Name of the file that has UTOPIA_EXTRA_ARGS; undefined where none of them counts. */
  readonly argumentsFile: string | undefined;
}

/** What utopia.config and .env say, resolved: absolute paths, numbers, addresses. */
export interface Config {
  /** Absolute path of the configuration file, whether it exists or not. */
  readonly file: string;
  readonly fileExists: boolean;
  /** Folder of `file`: relative paths start here, and it is the machine's own folder. */
  readonly folder: string;
  /** UTOPIA_NAME; the default is the folder's name. */
  readonly name: string;
  /** QEMU_BUILD_DIR: install prefix, build tree or the binary itself; undefined to search. */
  readonly qemuBuildDir: string | undefined;
  /** QCOW2_BACKING_FILE; undefined to search the folder, then take the default image. */
  readonly backingFile: string | undefined;
  /** QCOW2_PRIVATE_FILE: the overlay. */
  readonly privateFile: string;
  /** UTOPIA_MEMORY_MB, in MiB as QEMU's -m counts it. */
  readonly memoryMiB: number;
  /** UTOPIA_CPUS: virtual processors. */
  readonly cpus: number;
  readonly sshPort: number | 'auto';
  /** UTOPIA_SSH_INTERFACE as an IPv4 address. */
  readonly sshInterface: string;
  /** SHARED_FS_DIR: the folder that the guest sees as 9p share `shared`. */
  readonly sharedDir: string;
  readonly accelerator: 'auto' | 'kvm' | 'tcg';
  readonly vnc: VncSetting;
  /** Nobody has set UTOPIA_VNC: on a host with other people the screen goes elsewhere (machine/screen.ts). */
  readonly vncIsDefault: boolean;
  /** UTOPIA_LOGIN: whether passwords open the guest over SSH, or a key alone. */
  readonly login: 'password' | 'key';
  /** UTOPIA_NETWORK: whether the guest reaches the internet and this host. */
  readonly network: 'full' | 'none';
  /** UTOPIA_DISKS, in the order of the guest's vdb, vdc … */
  readonly disks: readonly DiskSetting[];
  /** UTOPIA_SENSORS; with `none` the guest has no second serial port. */
  readonly sensors: SensorFeed;
  /** UTOPIA_FORWARDS: more ports of the host that lead into the guest. */
  readonly forwards: readonly PortForward[];
  /** UTOPIA_KERNEL: the name of a build, or the absolute path of a kernel image; undefined for the disk's own. */
  readonly kernel: string | undefined;
  /** UTOPIA_INITRD, as an absolute path. */
  readonly initrd: string | undefined;
  /** UTOPIA_APPEND: words behind utopia's own on the kernel's command line. */
  readonly append: string;
  /** UTOPIA_ON_CRASH: what happens at a panic or an oops. */
  readonly onCrash: 'report' | 'pause' | 'keep';
  /** UTOPIA_EXTRA_ARGS, split into words: appended to QEMU's argument list. */
  readonly extraArgs: readonly string[];
  /** UTOPIA_WARM_BASE: whether a warm base may be made unasked. */
  readonly warmBase: 'auto' | 'never';
  readonly verbose: boolean;
  /** What the files say by themselves, and no flag or variable: they may be another's. Undefined is nothing. */
  readonly carried?: CarriedSettings | undefined;
  /** How many of the known keys the file sets, for the first line of `up`. */
  readonly keysSet: number;
  /** How many of them .env sets. */
  readonly dotenvKeysSet: number;
}
