import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * The first bytes of a file, fewer when it is shorter; none of what is no regular file
 * and no block device, such as a named pipe, which would let nobody go on.
 */
export async function readStart(path: string, length: number): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const file = await handle.stat();
    if (!file.isFile() && !file.isBlockDevice()) return Buffer.alloc(0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
