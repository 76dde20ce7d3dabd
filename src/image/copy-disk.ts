import { link, open } from 'node:fs/promises';
import { UtopiaError } from '../errors.ts';
import { saysOutOfRoom } from '../system/out-of-space.ts';

/**
 * Copies a disk that nobody writes to, also one of a machine that stands still, and
 * sees it onto the disk. Where the file system can share blocks (btrfs, xfs) that costs a moment and no space, elsewhere
 * reading and writing; holes stay holes, and `sparse: 'always'` makes a hole of
 * every page of zeros. cp(1), since it can be interrupted.
 * A failed copy is the caller's to remove. Throws `disk-full` and `cannot-create`.
 */
export async function copyDisk(
  from: string,
  to: string,
  signal: AbortSignal,
  { sparse = 'auto' }: { readonly sparse?: 'auto' | 'always' } = {},
): Promise<void> {
  const { execa } = await import('execa');
  const result = await execa('cp', ['--reflink=auto', `--sparse=${sparse}`, '--', from, to], {
    cancelSignal: signal,
    reject: false,
    stdin: 'ignore',
    env: { LC_ALL: 'C' },
  });
  signal.throwIfAborted();
  if (result.failed) {
    const words = result.stderr.trim().split('\n').slice(-3);
    const full = saysOutOfRoom(result.stderr);
    throw new UtopiaError(
      full ? 'disk-full' : 'cannot-create',
      full ? `No room for a copy of ${from}.` : `Cannot copy ${from}.`,
      {
        details: words,
        hint: full
          ? 'Free some space there: utopia snapshot list shows what each snapshot takes.'
          : 'Look at the modes of the file and its folder.',
        cause: result,
      },
    );
  }
  const handle = await open(to, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Gives a file that nobody writes to again a second name; a copy where the file system has no
 * links, or the name is on another one. Throws what copyDisk throws.
 */
export async function linkOrCopy(from: string, to: string, signal: AbortSignal): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(code)) throw error;
    await copyDisk(from, to, signal);
  }
}
