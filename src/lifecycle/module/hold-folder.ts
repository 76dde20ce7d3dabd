import { open } from 'node:fs/promises';
import type { ProgressDisplay } from '../../progress-events.ts';
import { tryFlock, waitForFlock } from '../../system/flock.ts';

/**
 * Holds the folder of a module until it is disposed of: two makes in one folder take each other's
 * objects away. Another utopia that builds there is waited for, and that is said; a file system
 * without locks has none. Throws the signal's reason.
 */
export async function holdFolder(
  folder: string,
  signal: AbortSignal,
  { report }: ProgressDisplay,
): Promise<AsyncDisposable> {
  const handle = await open(folder, 'r');
  try {
    const isFree = await tryFlock(handle.fd).catch(() => true);
    if (!isFree) {
      report({ kind: 'finished', title: 'waits', detail: 'another utopia builds in this folder' });
      await waitForFlock(handle.fd, { waitMs: Number.POSITIVE_INFINITY, signal });
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return { [Symbol.asyncDispose]: async () => await handle.close() };
}
