import type { ReadDisk } from './contents.ts';

/** A partition, in bytes from the disk's start. */
export interface Partition {
  /** As in the guest's device name: 1 is vdb1. */
  readonly number: number;
  readonly startBytes: number;
  readonly bytes: number;
}

export interface PartitionTable {
  readonly kind: 'dos' | 'gpt';
  readonly partitions: readonly Partition[];
}

const sectorBytes = 512;
/** Types of DOS partitions that only hold others. */
const extendedTypes = [0x05, 0x0f, 0x85];
/** Marks a disk whose true table is a GPT. */
const protectiveType = 0xee;

/**
 * Reads a disk's partition table: GPT (UEFI specification, chapter 5), or the four
 * primary entries of a DOS table. Undefined when there is none. Logical partitions
 * of an extended one are left out.
 */
export async function readPartitionTable(
  read: ReadDisk,
  diskBytes: number,
): Promise<PartitionTable | undefined> {
  const first = await read(0, sectorBytes);
  if (first.length < sectorBytes || first.readUInt16LE(510) !== 0xaa55) return undefined;
  const entries = [0, 1, 2, 3].map((index) => first.subarray(446 + 16 * index, 462 + 16 * index));
  if (entries.some((entry) => entry[4] === protectiveType)) return await readGpt(read);
  // Boot sectors of file systems end in the same two bytes, with code where the entries would be.
  const plausible = entries.every(
    (entry) => (entry[0] === 0 || entry[0] === 0x80) && startOf(entry) <= diskBytes,
  );
  if (!plausible) return undefined;
  const partitions = entries.flatMap((entry, index) => {
    const bytes = entry.readUInt32LE(12) * sectorBytes;
    const type = entry[4] ?? 0;
    if (type === 0 || bytes === 0 || extendedTypes.includes(type)) return [];
    return [{ number: index + 1, startBytes: startOf(entry), bytes }];
  });
  return partitions.length === 0 ? undefined : { kind: 'dos', partitions };
}

function startOf(entry: Buffer): number {
  return entry.readUInt32LE(8) * sectorBytes;
}

async function readGpt(read: ReadDisk): Promise<PartitionTable | undefined> {
  const header = await read(sectorBytes, 92);
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return undefined;
  const tableStart = Number(header.readBigUInt64LE(72)) * sectorBytes;
  const count = Math.min(header.readUInt32LE(80), 128);
  const entryBytes = header.readUInt32LE(84);
  if (entryBytes < 128 || entryBytes > 4096) return undefined;
  const table = await read(tableStart, count * entryBytes);
  const partitions: Partition[] = [];
  for (let index = 0; (index + 1) * entryBytes <= table.length; index += 1) {
    const entry = table.subarray(index * entryBytes, (index + 1) * entryBytes);
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue;
    const startBytes = Number(entry.readBigUInt64LE(32)) * sectorBytes;
    const endBytes = (Number(entry.readBigUInt64LE(40)) + 1) * sectorBytes;
    partitions.push({ number: index + 1, startBytes, bytes: endBytes - startBytes });
  }
  return { kind: 'gpt', partitions };
}
