import { shortenPath } from '../text/shorten-path.ts';
import { formatBytes } from '../text/format.ts';

interface Volume {
  readonly device: string;
  readonly bytes: number | undefined;
  readonly filesystem: string | undefined;
  readonly label: string | undefined;
}

/** What is shown of an exercise disk. */
export interface DiskRow extends Volume {
  readonly name: string;
  readonly path: string;
  readonly mode: 'snapshot' | 'ro' | 'rw';
  readonly byId: string;
  readonly partitionTable: string | undefined;
  readonly partitions: readonly Volume[];
  readonly problem: string | undefined;
}

const modeTexts: Readonly<Record<DiskRow['mode'], string>> = {
  snapshot: 'snapshot: writes are thrown away at the next start',
  ro: 'read-only',
  rw: 'writes go to the file',
};

/** A paragraph a disk: what it is, its partitions, its file, its name in the guest. */
export function listDisks(
  disks: readonly DiskRow[],
  running: boolean,
  cwd: string,
  home: string,
): string[] {
  if (disks.length === 0) {
    return running
      ? ['The running machine has no exercise disks.']
      : ['No exercise disks. UTOPIA_DISKS in utopia.config names them, or utopia up --disk FILE.'];
  }
  const heading = running ? 'In the running machine:' : 'From the next utopia up:';
  return [heading, ...disks.flatMap((disk) => ['', ...describe(disk, cwd, home)])];
}

function describe(disk: DiskRow, cwd: string, home: string): string[] {
  const indent = ' '.repeat(12);
  const file = `${indent}${shortenPath(disk.path, cwd, home)}`;
  if (disk.problem !== undefined) {
    return [`  ${disk.device}  ${disk.name}: cannot be attached`, file];
  }
  return [
    describeVolume(disk, contentsOf(disk)),
    ...disk.partitions.map((partition) => describeVolume(partition, contentsOf(partition))),
    file,
    `${indent}${modeTexts[disk.mode]}`,
    `${indent}${disk.byId}`,
  ];
}

function describeVolume({ device, bytes }: Volume, contents: string): string {
  const size = bytes === undefined ? '' : formatBytes(bytes);
  return `  ${device.padEnd(9)} ${size.padStart(7)}  ${contents}`;
}

function contentsOf(volume: Volume & { readonly partitionTable?: string | undefined }): string {
  const { filesystem, label, partitionTable } = volume;
  if (filesystem !== undefined)
    return label === undefined ? filesystem : `${filesystem} "${label}"`;
  return partitionTable === undefined
    ? 'no file system known here'
    : `${partitionTable} partitions`;
}
