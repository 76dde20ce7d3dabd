import { watch } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDeadline } from '../system/deadline.ts';

export interface FollowOptions {
  /** Ends the iteration, after what is in the file by then has been given. */
  readonly signal: AbortSignal;
  /** Byte to start at; the default is the file's start. */
  readonly fromByte?: number;
  /** Pause between looks at a file that does not grow, in ms; default 50. */
  readonly pollMs?: number;
  /** Where the system tells of changes, a look comes at once. */
  readonly prompt?: boolean;
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
  let changes: ChangeWatch | undefined;
  try {
    for (;;) {
      // Read before the last look: what was written before the abort still counts.
      const last = signal.aborted;
      handle ??= await openIfThere(path);
      if (options.prompt === true && handle !== undefined) changes ??= watchChanges(path);
      const changed = changes?.next();
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
          changes?.close();
          changes = undefined;
          position = 0;
          continue;
        }
      }
      if (last) return;
      await waitFor(pollMs, changed, signal);
    }
  } finally {
    changes?.close();
    await handle?.close();
  }
}

async function waitFor(
  ms: number,
  changed: Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const pause = openDeadline(ms, signal);
  void changed?.then(() => pause.abort());
  await sleep(ms, undefined, { signal: pause.signal }).catch(() => {});
  pause.stop();
}

/** Tells when a file has changed. */
interface ChangeWatch {
  /** Resolves at the next change; what changed since the last one that was asked for counts. */
  next(): Promise<void>;
  close(): void;
}

/** Undefined where the system does not tell: its watches are used up, or it has none. */
function watchChanges(path: string): ChangeWatch | undefined {
  try {
    let tell: (() => void) | undefined;
    const watcher = watch(path, { persistent: false }, () => tell?.());
    watcher.on('error', () => watcher.close());
    return {
      next: () => new Promise((resolve) => (tell = resolve)),
      close: () => watcher.close(),
    };
  } catch {
    return undefined;
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
