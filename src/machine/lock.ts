import { open } from 'node:fs/promises';
import { UtopiaError } from '../errors.ts';
import { waitForFlock } from '../system/flock.ts';

/** Held until `release`, or until this process ends in whatever way. */
export interface MachineLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a machine, waiting up to `waitMs` for another utopia to be
 * done with it. The kernel's own file lock is used, so that a killed process
 * leaves no stale one.
 * Throws `machine-busy` when it stays taken.
 */
export async function lockMachine(
  file: string,
  options: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<MachineLock> {
  const handle = await open(file, 'a', 0o600);
  try {
    if (!(await waitForFlock(handle.fd, options))) {
      throw new UtopiaError('machine-busy', 'Another utopia is working on this machine.', {
        hint: 'Try again in a moment; utopia status shows what runs.',
      });
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return { release: () => handle.close() };
}
