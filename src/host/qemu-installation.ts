/** A QEMU found on this host, and what this very binary can do. */
export interface QemuInstallation {
  /** Absolute path of qemu-system-x86_64 (or qemu-kvm). */
  readonly binary: string;
  /** Absolute path of qemu-img. */
  readonly imgBinary: string;
  /** `7.2.22`. */
  readonly version: string;
  /** Names of `-device help`, `-netdev help`, `-accel help`. */
  readonly devices: ReadonlySet<string>;
  readonly netdevs: ReadonlySet<string>;
  readonly accelerators: ReadonlySet<string>;
  /** Names of `-object help`. */
  readonly objects: ReadonlySet<string>;
  /** Built with seccomp: -sandbox is understood. */
  readonly hasSandbox: boolean;
}

/** The accelerator that a machine runs with, and why not the better one. */
export interface Acceleration {
  readonly accelerator: 'kvm' | 'tcg';
  /** Value for -cpu; undefined for QEMU's default model. */
  readonly cpuModel: string | undefined;
  /** Why KVM is not used, as half a sentence; undefined with KVM, or when the user chose TCG. */
  readonly reason: string | undefined;
  /** How many times as long computing takes under emulation, where doctor has measured it. */
  readonly slowdown?: number | undefined;
  /** The same as a stable word (host-checks: `msr-abort`, `session-lacks-group`, …). */
  readonly cause: string | undefined;
}

/** What `--version` and the `help` lists of a QEMU say. */
export interface FeatureLists {
  readonly version: string;
  readonly devices: readonly string[];
  readonly netdevs: readonly string[];
  readonly accelerators: readonly string[];
  /** Kinds of `-object`. */
  readonly objects: readonly string[];
  readonly hasSandbox: boolean;
}
