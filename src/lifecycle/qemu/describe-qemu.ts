import type { Environment } from '../../environment.ts';
import { findQemu } from '../../host/qemu-features.ts';
import type { QemuInstallation } from '../../host/qemu-installation.ts';
import { programKey, remembered } from '../../host/verdict-cache.ts';
import { aFlag } from '../../text/shape.ts';

/** Parts that QEMU can be built without, as `utopia qemu list` names them. */
export const listedFeatures = ['virtfs', 'slirp', 'vnc', 'kvm', 'seccomp'] as const;
export type ListedFeature = (typeof listedFeatures)[number];

/** What a QEMU is, and what it was built with. */
export interface DescribedQemu {
  readonly qemu: QemuInstallation;
  readonly features: readonly ListedFeature[];
}

/** Longest wait for a QEMU that only prints its version. */
const answerMs = 5_000;

/**
 * Finds the QEMU of a place, as QEMU_BUILD_DIR names one, and asks it what it was built with. Throws
 * `qemu-missing`, `qemu-unsuitable`.
 */
export async function describeQemu(
  place: string,
  { env, signal, timeoutScale }: DescribeRun,
): Promise<DescribedQemu> {
  const qemu = await findQemu({ qemuBuildDir: place }, env, signal, timeoutScale);
  const vnc = await hasVnc(qemu.binary, env, signal, timeoutScale);
  const there: Readonly<Record<ListedFeature, boolean>> = {
    virtfs: qemu.devices.has('virtio-9p-pci'),
    slirp: qemu.netdevs.has('user'),
    vnc,
    kvm: qemu.accelerators.has('kvm'),
    seccomp: qemu.hasSandbox,
  };
  return { qemu, features: listedFeatures.filter((name) => there[name]) };
}

export interface DescribeRun {
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly timeoutScale: number;
}

/** A QEMU built without refuses the option itself; else the version ends it before a port is taken. */
async function hasVnc(
  binary: string,
  env: Environment,
  signal: AbortSignal,
  timeoutScale: number,
): Promise<boolean> {
  return await remembered(env, 'qemu-vnc', await programKey(binary), aFlag, async () => {
    const { execa } = await import('execa');
    const { exitCode } = await execa(binary, ['-vnc', 'localhost:99', '-version'], {
      ...{ reject: false, stdin: 'ignore', timeout: answerMs * timeoutScale },
      ...{ killSignal: 'SIGKILL', cancelSignal: signal },
    });
    signal.throwIfAborted();
    return exitCode === 0;
  });
}
