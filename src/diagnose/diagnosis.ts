/** Everything that is known about a machine that did not come up. Plain values: any part may be empty. */
export interface Evidence {
  /** How QEMU ended, if it has. */
  readonly qemuExit?: { readonly code: number | null; readonly signal: string | null } | undefined;
  /** QEMU's own words, stdout and stderr. */
  readonly qemuOutput?: string | undefined;
  /** SeaBIOS's debug log. */
  readonly firmwareLog?: string | undefined;
  /** The console's last lines, plain (escape sequences removed), oldest first. */
  readonly consoleLines?: readonly string[] | undefined;
  /** What stands on the text screen, for a guest that has no serial console. */
  readonly screenLines?: readonly string[] | undefined;
  /** The furthest boot stage that was seen. */
  readonly stage?: 'firmware' | 'loader' | 'kernel' | 'init' | 'network' | 'ssh' | undefined;
  readonly sawLogin?: boolean | undefined;
  /** QEMU's pvpanic device has reported a panic. */
  readonly panicked?: boolean | undefined;
  /** QEMU said that the machine ends, and by whose will. */
  readonly shutdownBy?: 'guest' | 'host' | undefined;
  /** The last crash of this boot in half a line: `NULL pointer read in probe, module lunix`. */
  readonly crash?: string | undefined;
  /** QMP's run state: `running`, `io-error`, `guest-panicked`, … */
  readonly runState?: string | undefined;
  /** Finished reads and writes of the machine's disks since its start. */
  readonly diskOperations?: number | undefined;
  /** Since the machine's start. */
  readonly elapsedMs: number;
  /** Since the console (or the disks, for a guest without console) last moved. */
  readonly silentForMs?: number | undefined;
  /** The user's --timeout has passed. */
  readonly timedOut?: boolean | undefined;
  readonly accelerator?: 'kvm' | 'tcg' | undefined;
  /** Host address and port that lead to the guest's SSH. */
  readonly ssh?: { readonly host: string; readonly port: number } | undefined;
  /** Whether the user passed arguments of their own to QEMU. */
  readonly hasExtraArgs?: boolean | undefined;
  /** They load a kernel (`-kernel`): no boot loader, and no menu of its kernels, comes before it. */
  readonly ownKernel?: boolean | undefined;
  /** The kernel of `utopia up --kernel` as one would type it: a build's name, or a path. */
  readonly directKernel?: string | undefined;
  /** It was started by utopia rescue, with the kernel of its image. */
  readonly rescued?: boolean | undefined;
}

/** What happened to a machine, why, and what to do: for the terminal and for JSON. */
export interface Diagnosis {
  /** Stable kebab-case id; docs/machine.md lists them. */
  readonly id: DiagnosisId;
  /** What happened, one sentence. */
  readonly what: string;
  /** The usual cause, one or two sentences. */
  readonly why: string;
  /** One next action, best a command. */
  readonly next: string;
  /** Lines that show it: QEMU's own, or the console's tail. */
  readonly lines: readonly string[];
}

export const diagnosisIds = [
  'overlay-locked',
  'port-taken',
  'screen-taken',
  'kvm-inaccessible',
  'kvm-broken',
  'feature-missing',
  'backing-missing',
  'file-missing',
  'file-unreadable',
  'image-format',
  'memory-short',
  'sandbox-unsupported',
  'sandbox-violated',
  'socket-unusable',
  'bad-argument',
  'qemu-killed',
  'qemu-crashed',
  'qemu-exited',
  'no-bootable-disk',
  'loader-stuck',
  'root-missing',
  'init-missing',
  'init-stopped',
  'kernel-panic',
  'initramfs-shell',
  'emergency-mode',
  'disk-full',
  'guest-shutdown',
  'host-shutdown',
  'network-dead',
  'ssh-absent',
  'kernel-silent',
  'console-silent',
  'processor-stuck',
  'stalled',
  'timeout',
] as const;

export type DiagnosisId = (typeof diagnosisIds)[number];
