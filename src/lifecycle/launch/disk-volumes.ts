import { UtopiaError } from '../../errors.ts';
import { recogniseVolume, type ReadDisk } from '../../image/disks/contents.ts';
import { openDisk } from '../../image/disks/open-disk.ts';
import { readPartitionTable } from '../../image/disks/partitions.ts';
import { openExtFiles, type ExtFiles } from '../../image/ext/ext-files.ts';
import type { BackingFile } from '../../image/image-files.ts';

/** An ext file system of a disk. */
export interface Volume {
  /** As in vda1; undefined for a disk without partitions. */
  readonly partition: number | undefined;
  readonly files: ExtFiles;
}

/** Every ext file system of a disk of `bytes`. Throws `kernel-unknown` where there is none, with what there is. */
export async function readVolumes(read: ReadDisk, bytes: number, name: string): Promise<Volume[]> {
  const table = await readPartitionTable(read, bytes);
  const places: { readonly number: number | undefined; readonly startBytes: number }[] = [
    ...(table?.partitions ?? [{ number: undefined, startBytes: 0 }]),
  ];
  const volumes: Volume[] = [];
  const others: string[] = [];
  for (const { number, startBytes } of places) {
    const files = await openExtFiles(read, startBytes);
    if (files !== undefined) {
      volumes.push({ partition: number, files });
      continue;
    }
    const { filesystem } = await recogniseVolume(read, startBytes);
    if (filesystem !== undefined && filesystem !== 'swap') others.push(filesystem);
  }
  if (volumes.length > 0) return volumes;
  const what =
    others.length === 0 ? 'no file system is found in it' : `it has ${others.join(', ')}`;
  throw unreadable(name, `${what}, and ext2, ext3 and ext4 are read`);
}

/** The volume that looks like a whole system. */
export async function findSystem(volumes: readonly Volume[]): Promise<Volume | undefined> {
  for (const volume of volumes) {
    const names = new Set(await volume.files.list('/'));
    if (names.has('etc') && (names.has('usr') || names.has('sbin'))) return volume;
  }
  return volumes.length === 1 ? volumes[0] : undefined;
}

/**
 * The device with the system in an image, `/dev/vda1`, or `/dev/vda` for one without partitions;
 * undefined where no ext file system in it looks like a system (it may be xfs, or on LVM).
 */
export async function findRootDevice(
  image: Pick<BackingFile, 'path' | 'format'>,
): Promise<string | undefined> {
  try {
    await using disk = await openDisk(image.path, image.format);
    const system = await findSystem(
      await readVolumes(disk.read, Number.MAX_SAFE_INTEGER, image.path),
    );
    return system && `/dev/vda${system.partition ?? ''}`;
  } catch {
    // A damaged disk, or one that is none: the kernel finds out, and says it.
    return undefined;
  }
}

/** `kernel-unknown`: nothing can be read in the disk `name`, because of `why`, half a sentence. */
export function unreadable(name: string, why: string): UtopiaError {
  return new UtopiaError('kernel-unknown', `The kernels in ${name} cannot be read: ${why}.`, {
    hint: 'utopia rescue --attach mounts the disk in a fresh machine of the image.',
  });
}
