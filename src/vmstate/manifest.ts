import { writeFileAtomically } from '../system/atomic-file.ts';
import { readJson, type Reading } from '../system/json-file.ts';
import {
  aCount,
  aFlag,
  aText,
  aTime,
  listOf,
  maybe,
  object,
  oneOf,
  type Shaped,
} from '../text/shape.ts';

/**
 * By what a disk is recognised again: whoever wrote to it since then changed its
 * time or size. A rename and a hard link leave all of these as they are.
 */
const diskShape = object({
  path: aText,
  bytes: aCount,
  /** Nanoseconds since 1970, decimal: more digits than a number holds. */
  mtimeNs: aText,
  inode: aText,
});

/** What a saved state goes with; it cannot be restored into anything else. */
export const manifestShape = object({
  schema: oneOf(1),
  /** ISO 8601. */
  savedAt: aTime,
  /** The state file: a name beside the manifest, or an absolute path. */
  stateFile: aText,
  stateBytes: aCount,
  /** `7.2.22`. */
  qemuVersion: aText,
  /** QEMU's versioned name, `pc-i440fx-7.2`. */
  machineType: aText,
  accelerator: aText,
  /** `default` for QEMU's own choice. */
  cpuModel: aText,
  cpus: aCount,
  memoryMiB: aCount,
  /** The devices and the user's arguments that the guest sees: see describeHardware. */
  hardware: listOf(aText),
  /** Absent in a record of the first: see hardware-generation.ts. */
  hardwareGeneration: maybe(aCount),
  /** The whole argument list, for people. */
  argv: listOf(aText),
  /** The private file first, then exercise disks that the guest writes to. */
  disks: listOf(diskShape),
  /** Mounts of shares that were taken away for saving, as in the guest's /proc/mounts. */
  mounts: listOf(object({ source: aText, target: aText, options: aText })),
  /** The agent waits in the guest's memory, to wake it without a login. */
  agent: maybe(aFlag),
});

export type VmStateManifest = Shaped<typeof manifestShape>;
export type DiskIdentity = Shaped<typeof diskShape>;

/** One thing that is not as it was when a state was saved. */
export interface VmStateDifference {
  readonly what: 'disk' | 'qemu' | 'machine' | 'accelerator' | 'processor' | 'memory' | 'devices';
  /** A sentence with both values. */
  readonly text: string;
}

/** The manifest in a file, or why it cannot be read. */
export async function readManifest(file: string): Promise<Reading<VmStateManifest>> {
  return await readJson(file, manifestShape);
}

/** Writes a manifest in one step. A saved state counts from then on: its state file must be whole. */
export async function writeManifest(file: string, manifest: VmStateManifest): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
}

/** The machine that is to be started, to be held against a manifest. */
export type VmStateTarget = Pick<
  VmStateManifest,
  'qemuVersion' | 'accelerator' | 'cpuModel' | 'cpus' | 'memoryMiB' | 'hardware' | 'disks'
>;

/**
 * What keeps a saved state from going on in this machine; empty when nothing
 * does. Pure: both sides are given.
 */
export function compareStates(saved: VmStateManifest, now: VmStateTarget): VmStateDifference[] {
  const differences: VmStateDifference[] = [];
  const expect = (what: VmStateDifference['what'], name: string, a: string, b: string): void => {
    if (a !== b) differences.push({ what, text: `${name}: ${a} when it was saved, ${b} now.` });
  };
  for (const disk of saved.disks) {
    const present = now.disks.find(({ path }) => path === disk.path);
    const same = present?.bytes === disk.bytes && present.mtimeNs === disk.mtimeNs;
    if (same && present.inode === disk.inode) continue;
    const how =
      present === undefined
        ? 'is gone, or not part of the machine any more'
        : 'was written to since';
    differences.push({ what: 'disk', text: `The disk ${disk.path} ${how}.` });
  }
  expect('qemu', 'QEMU', saved.qemuVersion, now.qemuVersion);
  expect('accelerator', 'Accelerator', saved.accelerator, now.accelerator);
  expect('processor', 'Processor model', saved.cpuModel, now.cpuModel);
  expect('processor', 'Processors', String(saved.cpus), String(now.cpus));
  expect('memory', 'Memory', `${saved.memoryMiB} MiB`, `${now.memoryMiB} MiB`);
  const gone = saved.hardware.filter((each) => !now.hardware.includes(each));
  const added = now.hardware.filter((each) => !saved.hardware.includes(each));
  const moved = gone.length + added.length === 0 && saved.hardware.join() !== now.hardware.join();
  differences.push(
    ...gone.map((each) => ({ what: 'devices', text: `Not there any more: ${each}` }) as const),
    ...added.map((each) => ({ what: 'devices', text: `New: ${each}` }) as const),
    ...(moved ? [{ what: 'devices', text: 'The devices are in another order.' } as const] : []),
  );
  return differences;
}
