import type { FileHandle } from 'node:fs/promises';

/** Holes are made of whole blocks of this size, as file systems have them. */
const blockBytes = 4096;
const zeros = Buffer.alloc(1024 * 1024);

/** A file that is written from its start to its end, its zeros left out. */
export interface SparseWriter {
  write(chunk: Buffer): Promise<void>;
  /** Bytes so far, zeros included. */
  readonly position: number;
  /** Gives the file its length, with the zeros at its end. */
  finish(): Promise<void>;
}

/** Writes sequentially from `position` on; zero blocks become holes. The file must end at `position`. */
export function openSparseWriter(handle: FileHandle, position = 0): SparseWriter {
  return {
    get position() {
      return position;
    },
    write: async (chunk) => {
      for (const run of findRuns(chunk, position)) {
        await writeAll(handle, chunk.subarray(run.start, run.end), position + run.start);
      }
      position += chunk.length;
    },
    finish: () => handle.truncate(position),
  };
}

/**
 * The stretches of a chunk that must be written, as offsets in it, when the chunk
 * stands at `position` of the file: what lies between blocks of zeros.
 */
export function findRuns(
  chunk: Buffer,
  position: number,
): readonly { readonly start: number; readonly end: number }[] {
  if (isZero(chunk)) return [];
  const runs: { start: number; end: number }[] = [];
  let start = 0;
  while (start < chunk.length) {
    const end = Math.min(chunk.length, start + blockBytes - ((position + start) % blockBytes));
    if (!isZero(chunk.subarray(start, end))) {
      const last = runs.at(-1);
      if (last?.end === start) last.end = end;
      else runs.push({ start, end });
    }
    start = end;
  }
  return runs;
}

function isZero(bytes: Buffer): boolean {
  for (let offset = 0; offset < bytes.length; offset += zeros.length) {
    const end = Math.min(bytes.length, offset + zeros.length);
    if (bytes.compare(zeros, 0, end - offset, offset, end) !== 0) return false;
  }
  return true;
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    // A full disk shows as a short write first, and as an error at the next.
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
