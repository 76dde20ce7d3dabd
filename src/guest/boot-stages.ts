/** The stations of a boot, in the order in which they come. */
export const bootStages = ['firmware', 'loader', 'kernel', 'init', 'network', 'ssh'] as const;

export type BootStage = (typeof bootStages)[number];

/** Where a line comes from: SeaBIOS on I/O port 0x402, or the first serial port. */
export type BootSource = 'firmware' | 'console';

/** A stage that was reached. */
export interface StageReached {
  readonly kind: 'stage';
  readonly stage: BootStage;
  /** Half a line for the reader: `Linux 6.1.0-56-amd64`, `Debian GNU/Linux 12`. */
  readonly detail: string | undefined;
  /** Milliseconds since the machine's start. */
  readonly atMs: number;
}

interface StageSign {
  readonly id: string;
  readonly stage: BootStage;
  readonly source: BootSource;
  readonly pattern: RegExp;
  /** Text for `detail`, from the match; without it there is none. */
  readonly detail?: (match: RegExpExecArray) => string;
}

const kernelBanner = /Linux version (\d\S*)/;

/** grub names the kernel that it loads. */
const kernelLoaded = /^Loading Linux (\d\S*)/;

/** What shows that a stage is reached; the first sign of a stage counts. */
export const stageSigns: readonly StageSign[] = [
  { id: 'seabios', stage: 'firmware', source: 'firmware', pattern: /SeaBIOS \(version/ },
  { id: 'seabios-screen', stage: 'firmware', source: 'console', pattern: /SeaBIOS \(version/ },
  // Said when the boot sector is in memory and about to be jumped to.
  { id: 'boot-sector', stage: 'loader', source: 'firmware', pattern: /^Booting from \w+:7c00/ },
  {
    id: 'grub',
    stage: 'loader',
    source: 'console',
    pattern: /GRUB loading|Welcome to GRUB|GNU GRUB/,
    detail: () => 'grub',
  },
  {
    id: 'grub-kernel',
    stage: 'loader',
    source: 'console',
    pattern: kernelLoaded,
    detail: () => 'grub',
  },
  {
    id: 'kernel-banner',
    stage: 'kernel',
    source: 'console',
    pattern: kernelBanner,
    detail: (match) => `Linux ${match[1]}`,
  },
  // The loader's last word before a kernel that may be quiet.
  { id: 'grub-ramdisk', stage: 'kernel', source: 'console', pattern: /^Loading initial ramdisk/ },
  // A quiet kernel keeps its banner to itself; any message of its own shows it too.
  { id: 'kernel-message', stage: 'kernel', source: 'console', pattern: /^\[\s*\d+\.\d{6}\] / },
  {
    id: 'systemd',
    stage: 'init',
    source: 'console',
    pattern: /systemd\[1\]: systemd \S+ running in system mode/,
    detail: () => 'systemd',
  },
  {
    id: 'welcome',
    stage: 'init',
    source: 'console',
    // Grub greets with the same words.
    pattern: /^Welcome to (?!GRUB)(.+?)!?$/,
    detail: (match) => match[1] ?? '',
  },
  {
    id: 'kernel-runs-init',
    stage: 'init',
    source: 'console',
    // Not `/init`: that is the initramfs, and still on the way to the disk.
    pattern: /Run (\/(?:usr\/)?(?:s?bin|lib)\/\S+) as init process/,
    detail: (match) => match[1] ?? '',
  },
  { id: 'unit', stage: 'init', source: 'console', pattern: /\[ {2}OK {2}\] |systemd\[1\]: / },
  {
    id: 'network-target',
    stage: 'network',
    source: 'console',
    pattern: /Reached target (?:network\.target|network-online\.target|Network)\b/,
  },
  {
    id: 'interface-up',
    stage: 'network',
    source: 'console',
    pattern:
      /(?:IPv6: ADDRCONF\(NETDEV_CHANGE\): (\S+): link becomes ready|Started (?:ifup@|networking\.service|systemd-networkd))/,
  },
  // A login prompt comes after the network units, whatever the console has shown of them.
  { id: 'login', stage: 'network', source: 'console', pattern: /\S login:\s*$/ },
];

/** A machine's way through its boot, as far as its words have told. */
export interface BootTracker {
  /** One line of text; gives the stage that it shows for the first time. */
  read(source: BootSource, line: string, atMs: number): StageReached | undefined;
  /** The SSH banner has answered: the last stage. */
  bannerSeen(banner: string, atMs: number): StageReached | undefined;
  /** The furthest stage so far. */
  readonly stage: BootStage | undefined;
  /** A login prompt has been shown. */
  readonly sawLogin: boolean;
}

/**
 * Follows one boot. Stages come out in order and at most once; those that a guest
 * is silent about are left out (a course image without a serial console reaches
 * `ssh` straight from `loader`).
 */
export function trackBoot(options: { readonly afterReset?: boolean } = {}): BootTracker {
  let reached = -1;
  // After a reset the boot before may still be heard: only a beginning begins.
  let begun = options.afterReset !== true;
  let sawLogin = false;
  let kernel: string | undefined;

  function advance(
    stage: BootStage,
    detail: string | undefined,
    atMs: number,
  ): StageReached | undefined {
    const position = bootStages.indexOf(stage);
    if (position <= reached) return undefined;
    if (!begun && position > bootStages.indexOf('kernel')) return undefined;
    begun = true;
    reached = position;
    return {
      kind: 'stage',
      stage,
      detail: detail ?? (stage === 'kernel' ? kernel : undefined),
      atMs,
    };
  }

  return {
    read: (source, line, atMs) => {
      const loaded = kernelLoaded.exec(line)?.[1];
      if (loaded !== undefined) kernel = `Linux ${loaded}`;
      for (const sign of stageSigns) {
        if (sign.source !== source) continue;
        const match = sign.pattern.exec(line);
        if (match === null) continue;
        if (sign.id === 'login') sawLogin ||= begun;
        const event = advance(sign.stage, sign.detail?.(match), atMs);
        if (event !== undefined) return event;
      }
      return undefined;
    },
    bannerSeen: (banner, atMs) => {
      begun = true;
      return advance('ssh', banner, atMs);
    },
    get stage() {
      return bootStages[reached];
    },
    get sawLogin() {
      return sawLogin;
    },
  };
}
