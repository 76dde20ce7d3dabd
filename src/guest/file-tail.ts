import { open } from 'node:fs/promises';

/** The end of a file, as bytes, and when that was last written to (ms since 1970). */
export interface FileTail {
  readonly bytes: Buffer;
  readonly writtenAt: number;
  /** Length of the whole file. */
  readonly size: number;
}

/** The last so many bytes of a file, which may grow meanwhile; undefined where it cannot be read. */
export async function readTail(file: string, most: number): Promise<FileTail | undefined> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { size, mtimeMs } = await handle.stat();
    const from = Math.max(0, size - most);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, from);
    return { bytes: buffer.subarray(0, bytesRead), writtenAt: mtimeMs, size: from + bytesRead };
  } finally {
    await handle.close();
  }
}
