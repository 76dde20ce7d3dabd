import type { Config, DiskSetting, PortForward } from '../config/machine-config.ts';
import type { Acceleration, QemuInstallation } from '../host/qemu-installation.ts';
import { hardwareGeneration } from '../hardware-generation.ts';
import type { MachinePaths } from './paths.ts';
import { planExtras, type PlanExtras } from './plan-extras.ts';
import { anchorPaths } from './relative-paths.ts';

/**
 * A machine, decided: everything that QEMU's argument list says, and nothing that
 * is only known once it runs. Paths are absolute.
 */
export interface MachinePlan {
  readonly name: string;
  readonly binary: string;
  readonly accelerator: 'kvm' | 'tcg';
  /** Undefined for QEMU's default model. */
  readonly cpuModel: string | undefined;
  readonly memoryMiB: number;
  /** Undefined for QEMU's own, which a saved state has in it. */
  readonly memory?: GuestMemory | undefined;
  /** QEMU's versioned name of the machine, with which a saved state was made; undefined for the newest `pc`. */
  readonly machineType?: string | undefined;
  readonly cpus: number;
  /** That of a saved state, for a machine that goes on; undefined for the first. */
  readonly hardwareGeneration?: number | undefined;
  readonly overlay: string;
  /** Host address and port that lead to the guest's port 22. */
  readonly ssh: HostAddress;
  /**
   * False: QEMU starts without a listener at `ssh`, and the guest is reached by private
   * connections (guest/private-connection.ts) alone, until somebody adds the forward.
   */
  readonly sshListens?: boolean | undefined;
  /** The guest reaches neither this host nor any other; what leads into it still works. */
  readonly isolated?: boolean | undefined;
  /** Undefined for no screen. */
  readonly vnc: ScreenAddress | undefined;
  /** Why the screen is not where the default of UTOPIA_VNC has it, as a sentence. */
  readonly vncBecause?: string | undefined;
  /** Ports of the host, besides that of SSH, that lead into the guest. */
  readonly forwards: readonly PortForward[];
  readonly sharedDir: string;
  /** The guest reads the share and cannot write to it. */
  readonly shareReadOnly?: boolean | undefined;
  readonly files: Pick<
    MachinePaths,
    | 'pidFile'
    | 'consoleLog'
    | 'firmwareLog'
    | 'qmpSocket'
    | 'watchSocket'
    | 'consoleSocket'
    | 'sensorsSocket'
  >;
  /** A second serial port, COM2: the guest's /dev/ttyS1, at `files.sensorsSocket`. */
  readonly sensorPort: boolean;
  /** A virtio-serial port for utopia's agent, at this socket; undefined for none. */
  readonly agentSocket?: string | undefined;
  /** What happens at a crash of the kernel, and QEMU's socket for the one who sees to it; undefined for nothing. */
  readonly onCrash?: CrashPlan | undefined;
  /** Exercise disks, vdb and on. */
  readonly disks: readonly PlannedDisk[];
  /** A kernel that QEMU loads itself; undefined for the one that the disk's boot loader starts. */
  readonly kernel?: PlannedKernel | undefined;
  /** Parts that are worth having and that this QEMU may lack. */
  readonly extras: PlanExtras;
  /** The user's own arguments: UTOPIA_EXTRA_ARGS, then what stood behind `--`. */
  readonly extraArgs: readonly string[];
}

/**
 * Where a guest's memory lies, beside a state that is saved without it: `shared` is a nameless
 * file (memfd) that can be copied from outside; `mapped` is such a copy, of which a page is read when
 * the guest needs it, and what it writes is its own.
 */
export type GuestMemory =
  { readonly kind: 'shared' } | { readonly kind: 'mapped'; readonly file: string };

/** What becomes of a guest whose kernel crashes. */
export interface CrashPlan {
  readonly action: 'pause' | 'keep';
  readonly socket: string;
}

/** An exercise disk as QEMU opens it. */
export interface PlannedDisk extends DiskSetting {
  /** What QEMU opens: the disk's own file, or the throw-away layer over it. */
  readonly file: string;
  /** Format of `file`. */
  readonly format: 'raw' | 'qcow2';
  /** Format of the disk's own file, `path`. */
  readonly ownFormat: 'raw' | 'qcow2';
}

/** A kernel that QEMU loads, with all that goes with it. */
export interface PlannedKernel {
  /** What it is called: a build's name, or the image's file name. */
  readonly name: string;
  /** Its release, as `uname -r` prints it. */
  readonly version: string;
  /** Absolute paths of the kernel image and of an initramfs. */
  readonly image: string;
  readonly initrd?: string | undefined;
  /** The command line up to what starts the modules: see machine/kernel-line.ts. */
  readonly append: string;
  readonly modules?: ModulesDisk | undefined;
  /** It was taken out of the machine's own disk, or out of its image; its modules lie in the disk. */
  readonly from?: 'disk' | 'image' | undefined;
}

/** A kernel that is booted directly, as reports have it; undefined for the disk's own. */
export function kernelOf({
  kernel,
}: Pick<MachinePlan, 'kernel'>): { readonly name: string; readonly version: string } | undefined {
  return kernel === undefined ? undefined : { name: kernel.name, version: kernel.version };
}

/** A disk, read-only, that the guest finds at /lib/modules/VERSION. */
export interface ModulesDisk {
  /** Absolute path of an ext4 file system. */
  readonly file: string;
  /** Size and time of the file: a guest that was saved with other contents cannot go on with these. */
  readonly stamp: string;
}

/** Where VNC is served: display N is TCP port 5900 + N on `host`; or a Unix socket. */
export type ScreenAddress =
  { readonly host: string; readonly display: number } | { readonly socket: string };

export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

/** An address to connect to: one that stands for all of the host's is reached on loopback. */
export function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host;
}

/** True for an address that only this host reaches. */
export function isLoopback(host: string): boolean {
  return host.startsWith('127.');
}

/**
 * Where a machine's SSH listens at first, for any UTOPIA_SSH_INTERFACE: on loopback.
 * Another address is opened at run time, when the guest's passwords have been tried.
 */
export function firstSshHost(sshInterface: string): string {
  return isLoopback(sshInterface) ? sshInterface : '127.0.0.1';
}

/** What this QEMU must have been built with, or the machine would not be the lab's machine. */
export const neededFeatures = {
  devices: ['virtio-blk-pci', 'virtio-net-pci', 'virtio-9p-pci', 'isa-serial'],
  netdevs: ['user'],
} as const;

/** What the agent's port is made of; a QEMU without them has no warm bases. */
const agentDevices = ['virtio-serial-pci', 'virtserialport'] as const;

/** Everything that is found out before a machine can be planned. */
export interface PlanInput {
  readonly config: Config;
  readonly paths: MachinePaths;
  readonly qemu: QemuInstallation;
  readonly acceleration: Pick<Acceleration, 'accelerator' | 'cpuModel'>;
  readonly ssh: HostAddress;
  readonly vnc: MachinePlan['vnc'];
  readonly vncBecause?: string | undefined;
  readonly disks: readonly PlannedDisk[];
  readonly kernel?: PlannedKernel | undefined;
  /** What stood behind `--` on the command line; relative paths in it are absolute by now. */
  readonly commandLineArgs: readonly string[];
}

export function planMachine(input: PlanInput): MachinePlan {
  const { config, paths, qemu, acceleration } = input;
  const extraArgs = [...anchorPaths(config.extraArgs, config.folder), ...input.commandLineArgs];
  return {
    name: config.name,
    binary: qemu.binary,
    accelerator: acceleration.accelerator,
    cpuModel: acceleration.cpuModel,
    memoryMiB: config.memoryMiB,
    cpus: config.cpus,
    hardwareGeneration,
    overlay: config.privateFile,
    ssh: input.ssh,
    sshListens: config.login === 'key' ? false : undefined,
    isolated: config.network === 'none' ? true : undefined,
    vnc: input.vnc,
    vncBecause: input.vncBecause,
    forwards: config.forwards,
    sharedDir: config.sharedDir,
    sensorPort: config.sensors.kind !== 'none',
    disks: input.disks,
    kernel: input.kernel,
    files: {
      pidFile: paths.pidFile,
      consoleLog: paths.consoleLog,
      firmwareLog: paths.firmwareLog,
      qmpSocket: paths.qmpSocket,
      watchSocket: paths.watchSocket,
      consoleSocket: paths.consoleSocket,
      sensorsSocket: paths.sensorsSocket,
    },
    agentSocket: agentDevices.every((device) => qemu.devices.has(device))
      ? paths.agentSocket
      : undefined,
    onCrash:
      config.onCrash === 'report'
        ? undefined
        : { action: config.onCrash, socket: paths.crashSocket },
    extras: planExtras(qemu, extraArgs),
    extraArgs,
  };
}
