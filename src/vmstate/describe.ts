import { stat } from 'node:fs/promises';
import { hasSince } from '../hardware-generation.ts';
import { ownKernelWords } from '../text/kernel-words.ts';
import type { MachinePlan } from '../machine/plan.ts';
import type { DiskIdentity, VmStateManifest, VmStateTarget } from './manifest.ts';

/** A plan as it concerns a saved state: ports, paths and names of the host may change freely. */
export type StateHardware = Omit<VmStateTarget, 'qemuVersion' | 'disks'>;

/** The device that came with the second generation of machines' hardware. */
export const coreInfo = 'core dump information';

/** The guest's /dev/ttyS1, where it has one. */
export const sensorPort = 'second serial port, for sensors';

/**
 * What of a machine its guest sees. Two machines that are the same in this can
 * hand a state over to each other, with the same QEMU. Pure.
 */
export function describeHardware(plan: MachinePlan): StateHardware {
  const { extras } = plan;
  return {
    accelerator: plan.accelerator,
    cpuModel: plan.cpuModel ?? 'default',
    cpus: plan.cpus,
    memoryMiB: plan.memoryMiB,
    hardware: [
      ...plan.disks.map(({ name, mode }, index) => `exercise disk ${index + 1}: ${name} (${mode})`),
      ...describeKernel(plan.kernel),
      ...(plan.sensorPort ? [sensorPort] : []),
      ...(plan.agentSocket === undefined ? [] : ['agent port']),
      ...(extras.firmwareLog ? ['firmware log'] : []),
      ...extras.panicDevices.map((device) => `panic device ${device}`),
      ...(extras.randomDevice ? ['random number device'] : []),
      ...(extras.generationId ? ['generation id'] : []),
      ...(extras.coreInfo && hasSince('coreInfo', plan.hardwareGeneration) ? [coreInfo] : []),
      ...(plan.extraArgs.length > 0 ? [`QEMU arguments ${plan.extraArgs.join(' ')}`] : []),
    ],
  };
}

/** Begins what is said of a kernel that is booted directly. */
const kernelWord = 'kernel ';

/** The name of the kernel that a saved machine had been booted with directly, if it was. Pure. */
export function savedKernel({ hardware }: Pick<VmStateManifest, 'hardware'>): string | undefined {
  const line = hardware.find((each) => each.startsWith(kernelWord));
  return line?.slice(kernelWord.length).split(' (')[0];
}

function describeKernel(kernel: MachinePlan['kernel']): string[] {
  if (kernel === undefined) return [];
  const { name, version, append, modules } = kernel;
  // Every kernel is told the same in front of the user's own words.
  const words = ownKernelWords(append);
  return [
    `${kernelWord}${name} (${version})`,
    ...(words === undefined ? [] : [`words for the kernel: ${words}`]),
    ...(modules === undefined ? [] : [`modules of ${name}, ${modules.stamp}`]),
  ];
}

/** The files that the guest of this plan writes to: the private file, and exercise disks. */
export function writtenDisks(plan: Pick<MachinePlan, 'overlay' | 'disks'>): string[] {
  return [plan.overlay, ...plan.disks.filter(({ mode }) => mode !== 'ro').map(({ file }) => file)];
}

/** How a disk is now; undefined when it is not there. */
export async function identifyDisk(path: string): Promise<DiskIdentity | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return undefined;
  return {
    path,
    bytes: Number(found.size),
    mtimeNs: String(found.mtimeNs),
    inode: String(found.ino),
  };
}

/** How these disks are now, without those that are gone. */
export async function identifyDisks(paths: readonly string[]): Promise<DiskIdentity[]> {
  const found = await Promise.all(paths.map(identifyDisk));
  return found.filter((each) => each !== undefined);
}

/** What a manifest is made of, besides the plan. */
export interface SavedWith {
  readonly plan: MachinePlan;
  readonly argv: readonly string[];
  readonly qemuVersion: string;
  /** From queryMachineType. */
  readonly machineType: string;
  readonly stateFile: string;
  readonly stateBytes: number;
  /** Taken after QEMU has ended, or while it stands still on a new layer. */
  readonly disks: readonly DiskIdentity[];
  readonly mounts: VmStateManifest['mounts'];
  readonly agent: boolean;
  readonly now: Date;
}

/** The manifest of a state that has just been saved. Pure. */
export function describeState(saved: SavedWith): VmStateManifest {
  return {
    schema: 1,
    savedAt: saved.now.toISOString(),
    stateFile: saved.stateFile,
    stateBytes: saved.stateBytes,
    qemuVersion: saved.qemuVersion,
    machineType: saved.machineType,
    ...describeHardware(saved.plan),
    ...(saved.plan.hardwareGeneration === undefined
      ? {}
      : { hardwareGeneration: saved.plan.hardwareGeneration }),
    argv: [...saved.argv],
    disks: [...saved.disks],
    mounts: saved.mounts,
    ...(saved.agent ? { agent: true } : {}),
  };
}
