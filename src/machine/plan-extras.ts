import type { QemuInstallation } from '../host/qemu-installation.ts';
import { isAtLeast } from '../text/versions.ts';

/** Parts of a machine that are worth having and that a QEMU may lack. */
export interface PlanExtras {
  readonly sandbox: boolean;
  /** Reports a guest's panic. The ISA device has drivers in old kernels, the PCI one in new ones. */
  readonly panicDevices: readonly string[];
  readonly generationId: boolean;
  /** Takes the kernel's notes on its memory into a dump of it, since hardware generation 2. */
  readonly coreInfo: boolean;
  readonly randomDevice: boolean;
  /** SeaBIOS writes what it does to I/O port 0x402. */
  readonly firmwareLog: boolean;
  /** QEMU knows `-action` (6.0): a panicked guest is left as it is, to be looked at. */
  readonly panicAction: boolean;
  /** `-object monitor-qmp`, for which QEMU 11.1 warns of `-mon`. */
  readonly monitorObjects: boolean;
  /** A state file is read as `file:`, not as `fd:`; see firstWithFiles. */
  readonly stateByFile: boolean;
}

/**
 * QEMU reads a state file by `file:` since 8.2 (docs/devel/migration/main.rst), says since 9.1 that
 * `fd:` for one is deprecated, and refuses it since 11.0 (docs/about/removed-features.rst).
 */
const firstWithFiles = [9, 1] as const;

/** What this QEMU has of them, beside the arguments that the user brings. Pure. */
export function planExtras(qemu: QemuInstallation, extraArgs: readonly string[]): PlanExtras {
  const has = (device: string): boolean => qemu.devices.has(device);
  return {
    // A second -sandbox would not replace ours: whoever brings one decides alone.
    sandbox: qemu.hasSandbox && !extraArgs.includes('-sandbox'),
    panicDevices: ['pvpanic', 'pvpanic-pci'].filter(has),
    generationId: has('vmgenid') && !brings(extraArgs, 'vmgenid'),
    coreInfo: has('vmcoreinfo') && !brings(extraArgs, 'vmcoreinfo'),
    randomDevice: has('virtio-rng-pci'),
    firmwareLog: has('isa-debugcon'),
    panicAction: isAtLeast(qemu.version, [6, 0]),
    monitorObjects: qemu.objects.has('monitor-qmp'),
    stateByFile: isAtLeast(qemu.version, firstWithFiles),
  };
}

/** A machine has one of these at most: QEMU would refuse a second. */
function brings(extraArgs: readonly string[], device: string): boolean {
  const named = new RegExp(`^(?:driver=)?${device}(?:,|$)|"driver": ?"${device}"`);
  return extraArgs.some(
    (word, at) => /^--?device$/.test(extraArgs[at - 1] ?? '') && named.test(word),
  );
}
