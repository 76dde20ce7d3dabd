import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createOverlayFile, type QemuImg } from '../qemu-img.ts';

/** A disk of which the guest gets a throw-away layer. */
export interface SnapshotDisk {
  /** The layer's file, in the machine's own folder. */
  readonly layer: string;
  /** The file that is never written to. */
  readonly base: string;
  readonly format: 'raw' | 'qcow2';
}

/** Where the layer of the exercise disk `name` lies in a machine's folder for layers. */
export function layerPath(folder: string, name: string): string {
  return join(folder, `${name}.qcow2`);
}

/**
 * Throws away all layers in `folder` and makes empty ones. QEMU's own `snapshot=on`
 * would hide them as deleted files in /var/tmp, where they fill what belongs to
 * everybody and cannot be found again when the state of a machine is restored.
 */
export async function renewSnapshots(
  qemuImg: QemuImg,
  folder: string,
  disks: readonly SnapshotDisk[],
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  if (disks.length === 0) return;
  await mkdir(folder, { mode: 0o700 });
  await Promise.all(
    disks.map(({ layer, base, format }) =>
      createOverlayFile(qemuImg, layer, { path: base, format }),
    ),
  );
}
