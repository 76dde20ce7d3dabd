import { open, type FileHandle } from 'node:fs/promises';
import { parseQcow2Header, qcow2HeaderBytes } from '../qcow2-header.ts';
import type { ReadDisk } from './contents.ts';

/** A disk image opened for looking: what is read is what a guest would read. */
export interface OpenDisk extends AsyncDisposable {
  readonly read: ReadDisk;
}

/**
 * Opens an image without locks, also one in use. A qcow2 file must stand alone, or its backing
 * file's contents be given by `below`.
 */
export async function openDisk(
  path: string,
  format: 'raw' | 'qcow2',
  below?: ReadDisk,
): Promise<OpenDisk> {
  const handle = await open(path, 'r');
  try {
    const raw = readerOf(handle);
    const read = format === 'raw' ? raw : await readerOfQcow2(raw, below);
    return { read, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function readerOf(handle: FileHandle): ReadDisk {
  return async (offset, length) => {
    // Behind what a position can be there is nothing.
    if (!Number.isSafeInteger(offset)) return Buffer.alloc(0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
}

/** Bits of an L1 or L2 entry that hold an offset (docs/interop/qcow2.txt). */
const offsetMask = 0x00ff_ffff_ffff_fe00n;
const compressedBit = 1n << 62n;
const zeroBit = 1n;

/** Walks L1 and L2 tables; what is not allocated reads as `below` has it, or as zeros; what cannot be unpacked, as zeros. */
async function readerOfQcow2(raw: ReadDisk, below?: ReadDisk): Promise<ReadDisk> {
  const start = await raw(0, qcow2HeaderBytes);
  const header = parseQcow2Header(start);
  if (typeof header === 'string') throw new Error(header);
  const clusterBits = start.readUInt32BE(20);
  const clusterBytes = 2 ** clusterBits;
  const l1Offset = Number(start.readBigUInt64BE(40));
  const entriesPerTable = clusterBytes / 8;

  async function entryAt(offset: number): Promise<bigint> {
    const bytes = await raw(offset, 8);
    return bytes.length < 8 ? 0n : bytes.readBigUInt64BE(0);
  }

  async function readCluster(cluster: number): Promise<Buffer> {
    const zeros = Buffer.alloc(clusterBytes);
    const l2 = (await entryAt(l1Offset + 8 * Math.floor(cluster / entriesPerTable))) & offsetMask;
    if (l2 === 0n) return await readBelow(cluster, zeros);
    const entry = await entryAt(Number(l2) + 8 * (cluster % entriesPerTable));
    if ((entry & compressedBit) !== 0n) return (await unpack(entry)) ?? zeros;
    const offset = entry & offsetMask;
    if ((entry & zeroBit) !== 0n) return zeros;
    if (offset === 0n) return await readBelow(cluster, zeros);
    (await raw(Number(offset), clusterBytes)).copy(zeros);
    return zeros;
  }

  async function readBelow(cluster: number, zeros: Buffer): Promise<Buffer> {
    if (below !== undefined) (await below(cluster * clusterBytes, clusterBytes)).copy(zeros);
    return zeros;
  }

  async function unpack(entry: bigint): Promise<Buffer | undefined> {
    const sizeShift = BigInt(62 - (clusterBits - 8));
    const offset = Number(entry & ((1n << sizeShift) - 1n));
    const sectors = Number((entry & (compressedBit - 1n)) >> sizeShift) + 1;
    const packed = await raw(offset, sectors * 512 - (offset % 512));
    const { inflateRawSync } = await import('node:zlib');
    try {
      // The last sector has other things behind the packed ones.
      return inflateRawSync(packed, { finishFlush: 2, maxOutputLength: clusterBytes });
    } catch {
      return undefined;
    }
  }

  return async (offset, length) => {
    const end = Math.max(offset, Math.min(offset + length, header.virtualBytes));
    const parts: Buffer[] = [];
    for (let at = offset; at < end;) {
      const cluster = Math.floor(at / clusterBytes);
      const from = at - cluster * clusterBytes;
      const to = Math.min(clusterBytes, end - cluster * clusterBytes);
      parts.push((await readCluster(cluster)).subarray(from, to));
      at += to - from;
    }
    return Buffer.concat(parts);
  };
}
