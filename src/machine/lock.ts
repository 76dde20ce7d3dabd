import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../errors.ts';

/** Held until `release`, or until this process ends in whatever way. */
export interface MachineLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a machine, waiting up to `waitMs` for another utopia to be
 * done with it. The kernel's own file lock is used, so that a killed process
 * leaves no stale one: Node has no call for it, flock(1) of util-linux takes it on
 * our descriptor, and it stays ours after flock has ended.
 * Throws `machine-busy` when it stays taken.
 */
export async function lockMachine(
  file: string,
  options: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<MachineLock> {
  const handle = await open(file, 'a', 0o600);
  try {
    const deadline = performance.now() + options.waitMs;
    while (!(await tryFlock(handle.fd))) {
      if (performance.now() >= deadline) {
        throw new UtopiaError('machine-busy', 'Another utopia is working on this machine.', {
          hint: 'Try again in a moment; utopia status shows what runs.',
        });
      }
      await sleep(100, undefined, { signal: options.signal });
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return { release: () => handle.close() };
}

/** flock(1) exits with 1 when somebody else holds the lock. */
async function tryFlock(fd: number): Promise<boolean> {
  const child = spawn('flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code === 0 || code === 1) return code === 0;
    throw new UtopiaError(
      'cannot-create',
      `flock ended with status ${code} on the machine's lock.`,
      {
        hint: 'Is the state folder on a file system without locks? Set XDG_STATE_HOME to another.',
      },
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new UtopiaError('program-missing', 'The program flock is missing.', {
      hint: 'Install the package util-linux.',
    });
  }
}
