/** No space, no quota, or no larger file allowed (ulimit -f): write(2). */
const codes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** The same three as strerror(3) says them in the C locale. */
const words = /No space left on device|Disk quota exceeded|File too large/;

/** Whether writing failed because there was no room for it, and not for want of a permission. */
export function isOutOfRoom(error: unknown): boolean {
  return error instanceof Error && codes.has((error as NodeJS.ErrnoException).code ?? '');
}

/** The same by what another program said of it, run with LC_ALL=C. */
export function saysOutOfRoom(stderr: string): boolean {
  return words.test(stderr);
}
