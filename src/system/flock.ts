import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../errors.ts';

/**
 * Tries to take the kernel's lock on an open file; false when somebody else has
 * it. It lasts until the descriptor is closed, in whatever way this process ends.
 * Node has no call for it: flock(1) of util-linux takes it on our descriptor, and
 * it stays ours after flock has ended. Throws `program-missing`, `cannot-create`.
 */
export async function tryFlock(fd: number): Promise<boolean> {
  const child = spawn('flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    // flock(1) exits with 1 when somebody else holds the lock.
    if (code === 0 || code === 1) return code === 0;
    throw new UtopiaError('cannot-create', `flock ended with status ${code}.`, {
      hint: 'Is the folder on a file system without locks? Use another one.',
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new UtopiaError('program-missing', 'The program flock is missing.', {
      hint: 'Install the package util-linux.',
    });
  }
}

const lookMs = 100;

/**
 * Waits until the lock is free and takes it; false when somebody else has it for longer than
 * `waitMs`. Throws what `tryFlock` does, and the signal's reason.
 */
export async function waitForFlock(
  fd: number,
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (!(await tryFlock(fd))) {
    if (performance.now() >= deadline) return false;
    await sleep(lookMs, undefined, { signal });
  }
  return true;
}
