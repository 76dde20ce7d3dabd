import type { Config, DiskSetting } from '../../config/machine-config.ts';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { findBackingFile } from '../backing-file.ts';
import { recogniseVolume, type VolumeContents } from './contents.ts';
import { inspectDisks, type RootDisk } from './inspect.ts';
import { openDisk } from './open-disk.ts';
import { readPartitionTable } from './partitions.ts';

/** A partition of an exercise disk, in the guest's words. */
interface ListedPartition extends VolumeContents {
  readonly device: string;
  readonly bytes: number;
}

/** What `utopia disks --json` says of a disk. */
export interface ListedDisk extends DiskSetting, VolumeContents {
  /** `/dev/vdb`: by order. */
  readonly device: string;
  /** By name, wherever it stands in the order. */
  readonly byId: string;
  readonly format: 'raw' | 'qcow2' | undefined;
  /** Size that the guest sees; undefined where the file cannot serve. */
  readonly bytes: number | undefined;
  readonly partitionTable: 'dos' | 'gpt' | undefined;
  readonly partitions: readonly ListedPartition[];
  /** Why the next start would refuse it. */
  readonly problem: string | undefined;
}

/** The machine's own disk, and the image below it, where that is found. */
export async function findRootDisk(config: Config, env: Environment): Promise<RootDisk> {
  const backing = await findBackingFile({ config, env }).catch(() => undefined);
  return { privateFile: config.privateFile, backingFile: backing?.path };
}

/**
 * What a guest sees of these exercise disks, in their order. A disk that cannot serve has a
 * `problem`, and is no error. `running`: the machine runs, so locks of the files are its own.
 */
export async function describeDisks(
  settings: readonly DiskSetting[],
  root: RootDisk,
  running: boolean,
): Promise<ListedDisk[]> {
  return await Promise.all(
    settings.map(async (disk, index) => describeDisk(disk, index, root, running)),
  );
}

/** The second disk is vdb, since the root is vda; a machine has fewer disks than letters. */
function deviceName(index: number): string {
  return `/dev/vd${String.fromCharCode('b'.charCodeAt(0) + index)}`;
}

async function describeDisk(
  { path, mode, name }: DiskSetting,
  index: number,
  root: RootDisk,
  running: boolean,
): Promise<ListedDisk> {
  const device = deviceName(index);
  const known = { name, path, mode, device, byId: `/dev/disk/by-id/virtio-${name}` };
  try {
    const [disk] = await inspectDisks([{ path, mode, name }], root, { inUse: running });
    if (disk === undefined) throw new Error(`nothing was found out about ${path}`);
    const { format, bytes } = disk;
    return { ...known, format, bytes, problem: undefined, ...(await look(disk, device)) };
  } catch (error) {
    if (!(error instanceof UtopiaError)) throw error;
    return {
      ...known,
      ...{ format: undefined, bytes: undefined, filesystem: undefined, label: undefined },
      ...{ partitionTable: undefined, partitions: [], problem: error.message },
    };
  }
}

async function look(
  { path, format, bytes }: { path: string; format: 'raw' | 'qcow2'; bytes: number },
  device: string,
): Promise<Pick<ListedDisk, 'filesystem' | 'label' | 'partitionTable' | 'partitions'>> {
  await using image = await openDisk(path, format);
  const volume = await recogniseVolume(image.read);
  const table =
    volume.filesystem === undefined ? await readPartitionTable(image.read, bytes) : undefined;
  const partitions: ListedPartition[] = [];
  for (const { number, startBytes, bytes: size } of table?.partitions ?? []) {
    const contents = await recogniseVolume(image.read, startBytes);
    partitions.push({ device: `${device}${number}`, bytes: size, ...contents });
  }
  return { ...volume, partitionTable: table?.kind, partitions };
}
