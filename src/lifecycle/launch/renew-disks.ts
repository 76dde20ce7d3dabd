import { inspectDisks } from '../../image/disks/inspect.ts';
import { layerPath, renewSnapshots } from '../../image/disks/snapshot-disks.ts';
import type { QemuImg } from '../../image/qemu-img.ts';
import type { BackingFile } from '../../image/image-files.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { PlannedDisk } from '../../machine/plan.ts';
import type { LocatedMachine } from './locate.ts';

/** The exercise disks of UTOPIA_DISKS, looked at and refused where they cannot serve; touches nothing. */
export async function planDisks(
  { config, paths }: LocatedMachine,
  backing: BackingFile,
  running: boolean,
): Promise<PlannedDisk[]> {
  const root = { privateFile: config.privateFile, backingFile: backing.path };
  const disks = await inspectDisks(config.disks, root, { inUse: running });
  return disks.map(({ path, mode, name, format: ownFormat }) => {
    const file = mode === 'snapshot' ? layerPath(paths.disksDir, name) : path;
    const format = mode === 'snapshot' ? 'qcow2' : ownFormat;
    return { path, mode, name, file, format, ownFormat };
  });
}

/** Throws away what the guest wrote to snapshots the last time. */
export async function renewDisks(
  qemuImg: QemuImg,
  paths: MachinePaths,
  disks: readonly PlannedDisk[],
): Promise<void> {
  const snapshots = disks.filter(({ mode }) => mode === 'snapshot');
  await renewSnapshots(
    qemuImg,
    paths.disksDir,
    snapshots.map(({ file, path, ownFormat }) => ({ layer: file, base: path, format: ownFormat })),
  );
}
