import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface FollowOptions {
  /** Ends the iteration, after what is in the file by then has been given. */
  readonly signal: AbortSignal;
  /** Byte to start at; the default is the file's start. */
  readonly fromByte?: number;
  /** Pause between looks at a file that does not grow, in ms; default 50. */
  readonly pollMs?: number;
}

const chunkBytes = 64 * 1024;

/**
 * Gives what stands in a file and what is added to it, as chunks, until the signal
 * is aborted. Waits for a file that does not exist yet; starts over when it is
 * truncated or replaced. Polls: inotify is missing on some file systems that
 * students have (NFS homes), and a look costs microseconds.
 */
export async function* followFile(
  path: string,
  options: FollowOptions,
): AsyncGenerator<Uint8Array> {
  const { signal, pollMs = 50 } = options;
  let position = options.fromByte ?? 0;
  let handle: FileHandle | undefined;
  try {
    for (;;) {
      // Read before the last look: what was written before the abort still counts.
      const last = signal.aborted;
      handle ??= await openIfThere(path);
      if (handle !== undefined) {
        const { size } = await handle.stat();
        if (size < position) position = 0;
        while (position < size) {
          const { bytesRead, buffer } = await handle.read(
            Buffer.alloc(chunkBytes),
            0,
            chunkBytes,
            position,
          );
          if (bytesRead === 0) break;
          position += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
        if (!last && (await isReplaced(handle, path))) {
          await handle.close();
          handle = undefined;
          position = 0;
          continue;
        }
      }
      if (last) return;
      await sleep(pollMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    await handle?.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function isReplaced(handle: FileHandle, path: string): Promise<boolean> {
  const now = await stat(path).catch(() => undefined);
  if (now === undefined) return false;
  const then = await handle.stat();
  return now.ino !== then.ino || now.dev !== then.dev;
}
