import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { formatLocalTime } from '../text/local-time.ts';

/**
 * By what a backing file is recognised again. Size, time and sampled contents
 * tell whether an overlay still fits; the rest only tells that nothing needs to
 * be read. The numbers that exceed 2^53 are decimal strings, since the record is
 * JSON.
 */
export interface FileIdentity {
  readonly bytes: number;
  /** Last change of the contents, in nanoseconds since 1970. */
  readonly mtimeNs: string;
  /** Last change of contents or attributes: nobody can set it back. */
  readonly ctimeNs: string;
  readonly device: string;
  readonly inode: string;
  /** SHA-256 over size and samples, hexadecimal; see `samplePlaces`. */
  readonly sampleHash: string;
}

/** How a backing file compares with what was remembered. */
export type IdentityComparison =
  | 'same'
  /** Same size and samples, but written at another time: a copy, or a small change between the samples. */
  | 'other-time'
  | 'changed';

const mebibyte = 1024 * 1024;
const headBytes = 2 * mebibyte;
const tailBytes = mebibyte;
const sampleBytes = 64 * 1024;
const sampleCount = 32;

/**
 * The places of a file that are hashed: its first 2 MiB (partition table, boot
 * loader, and the superblock of a file system at 1 MiB, which every mount for
 * writing changes), its last 1 MiB, and 32 places of 64 KiB in equal distances.
 * 5 MiB at most, so that it takes milliseconds.
 */
export function samplePlaces(
  bytes: number,
): readonly { readonly offset: number; readonly length: number }[] {
  const whole = headBytes + tailBytes + sampleBytes * sampleCount;
  if (bytes <= whole) return bytes === 0 ? [] : [{ offset: 0, length: bytes }];
  const step = (bytes - headBytes - tailBytes) / sampleCount;
  return [
    { offset: 0, length: headBytes },
    ...Array.from({ length: sampleCount }, (_, index) => ({
      offset: Math.floor(headBytes + step * index),
      length: sampleBytes,
    })),
    { offset: bytes - tailBytes, length: tailBytes },
  ];
}

/**
 * Takes the identity of a file. With `known`, a file that the kernel says is
 * untouched since then (same inode, size and times) is not read again.
 * Throws what open and read throw.
 */
export async function identifyFile(path: string, known?: FileIdentity): Promise<FileIdentity> {
  const handle = await open(path, 'r');
  try {
    const stat = await handle.stat({ bigint: true });
    const facts = {
      bytes: Number(stat.size),
      mtimeNs: String(stat.mtimeNs),
      ctimeNs: String(stat.ctimeNs),
      device: String(stat.dev),
      inode: String(stat.ino),
    };
    if (
      known !== undefined &&
      Object.entries(facts).every(([key, value]) => known[key as keyof FileIdentity] === value)
    ) {
      return known;
    }
    return { ...facts, sampleHash: await hashSamples(handle, facts.bytes) };
  } finally {
    await handle.close();
  }
}

async function hashSamples(handle: FileHandle, bytes: number): Promise<string> {
  const hash = createHash('sha256').update(`${bytes}\n`);
  const buffer = Buffer.allocUnsafe(Math.min(bytes, headBytes + tailBytes + sampleBytes * 32));
  for (const { offset, length } of samplePlaces(bytes)) {
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    hash.update(buffer.subarray(0, done));
  }
  return hash.digest('hex');
}

/** Compares what a backing file is with what it was when the overlay was made. */
export function compareIdentities(then: FileIdentity, now: FileIdentity): IdentityComparison {
  if (then.bytes !== now.bytes || then.sampleHash !== now.sampleHash) return 'changed';
  return then.mtimeNs === now.mtimeNs ? 'same' : 'other-time';
}

/** When a file's contents last changed, as the user's clock shows it. */
export function formatFileTime(mtimeNs: string): string {
  return formatLocalTime(new Date(Number(BigInt(mtimeNs) / 1_000_000n)));
}
