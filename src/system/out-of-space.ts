import { UtopiaError, type ErrorCode } from '../errors.ts';
import { quoteForShell } from '../text/shell-words.ts';

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

/** What the system says when something cannot be made or written, by its code (errno(3)). */
const refusals: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no room left',
  EDQUOT: 'your quota there is used up',
  EFBIG: 'the file would be larger than is allowed (ulimit -f)',
  EROFS: 'the file system is read-only',
  EACCES: 'you have no permission',
  EPERM: 'it is not permitted',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many files are open (ulimit -n)',
  ENFILE: 'too many files are open on this host',
  EIO: 'the disk reports an error',
  ESTALE: 'the network file system has lost it',
};

/**
 * The error in the user's terms where the system has refused to make, write or open a
 * file of ours, and nobody who knew better has said so; undefined for every other one.
 */
export function describeRefusedFile(error: unknown): UtopiaError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  const reason = refusals[code];
  // spawn and connect have their own causes.
  if (
    reason === undefined ||
    syscall === undefined ||
    /^(?:spawn|connect|bind|listen|kill)/.test(syscall)
  ) {
    return undefined;
  }
  const place = dest ?? path;
  const full = isOutOfRoom(error);
  const what =
    place === undefined
      ? 'A file cannot be written'
      : `${place} cannot be ${full ? 'written' : 'made or opened'}`;
  return new UtopiaError(errorCodeFor(code, full), `${what}: ${reason} (${code}).`, {
    hint: hintFor(code, full, place),
    cause: error,
  });
}

/** Why the system has refused something, in words where we have any for it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '' } = error as NodeJS.ErrnoException;
  const reason = refusals[code];
  return reason === undefined ? error.message : `${reason} (${code}).`;
}

/** The error where something of ours cannot be made; `hint` unless the place is full. */
export function describeUnmade(
  what: string,
  place: string,
  error: unknown,
  hint: string,
): UtopiaError {
  const full = isOutOfRoom(error);
  const { code = '' } = error as NodeJS.ErrnoException;
  return new UtopiaError(errorCodeFor(code, full), `${what}: ${reasonOf(error)}`, {
    hint: full ? hintFor(code, full, place) : hint,
    cause: error,
  });
}

function errorCodeFor(code: string, full: boolean): ErrorCode {
  if (full) return 'disk-full';
  return code === 'ENAMETOOLONG' ? 'path-too-long' : 'cannot-create';
}

function hintFor(code: string, full: boolean, place: string | undefined): string {
  if (code === 'EMFILE') return 'Allow more, then again: ulimit -n 4096';
  if (code === 'EFBIG') return 'Allow larger files, then again: ulimit -f unlimited';
  if (full && place === undefined)
    return 'Find the full one: df -h . ~/.local/state/utopia ~/.cache/utopia';
  const folder = place?.replace(/\/[^/]*$/, '') || '/';
  if (full) return `Free some space there, then again: df -h ${quoteForShell(folder)}`;
  if (code === 'ENAMETOOLONG') return 'Work in a folder with a shorter path.';
  return `Look at owners and modes on the way to it: namei -l ${quoteForShell(folder)}`;
}

/** Whether trying in another way would meet the same: a full or closed folder. Pure. */
export function isForeverInTheWay({ code }: UtopiaError): boolean {
  return code === 'disk-full' || code === 'cannot-create' || code === 'path-too-long';
}
