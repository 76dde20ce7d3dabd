import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A process that holds a file. */
export interface LockHolder {
  readonly pid: number;
  /** Short name as the kernel has it, at most 15 characters. */
  readonly program: string;
}

/** A line of /proc/locks, as far as QEMU's image locks need it. */
export interface FileLock {
  /** -1 for locks that belong to an open file and not to a process; QEMU's are of that kind. */
  readonly pid: number;
  readonly inode: number;
  readonly firstByte: number;
  readonly lastByte: number;
}

/**
 * Bytes by which QEMU marks in a file how it uses it (block/file-posix.c):
 * 100 + n "I do n", 200 + n "nobody else may do n"; n = 1 is writing, 3 resizing.
 * Whoever holds one of these keeps a machine from starting on the file. A mere
 * reader (`qemu-img info -U`) holds none.
 */
const writerBytes = [101, 103, 201, 203];

/** The two that only a writer holds: they keep also a reader from starting. */
const activeWriterBytes = [101, 103];

/** What keeps us from a file: any use by a machine, or only a machine that writes. */
export type LockQuestion = 'any-use' | 'writing';

/** Reads the lines of /proc/locks; what is not a granted lock of bytes is left out. */
export function parseLocks(text: string): FileLock[] {
  const locks: FileLock[] = [];
  for (const line of text.split('\n')) {
    // 3: OFDLCK ADVISORY  READ -1 fe:00:2189099 201 201
    const match =
      /^\d+: (?:POSIX|OFDLCK)\s+\S+\s+\S+\s+(-?\d+)\s+[\da-f]+:[\da-f]+:(\d+)\s+(\d+)\s+(\d+|EOF)$/.exec(
        line.trim(),
      );
    if (match === null) continue;
    const [, pid, inode, first, last] = match;
    locks.push({
      pid: Number(pid),
      inode: Number(inode),
      firstByte: Number(first),
      lastByte: last === 'EOF' ? Number.POSITIVE_INFINITY : Number(last),
    });
  }
  return locks;
}

/**
 * True when a QEMU (or qemu-img, qemu-nbd) writes to the inode, as far as these
 * locks tell; with `any-use` also when one reads it and relies on nobody writing.
 */
export function isWriteLocked(
  locks: readonly FileLock[],
  inode: number,
  question: LockQuestion = 'any-use',
): boolean {
  const bytes = question === 'any-use' ? writerBytes : activeWriterBytes;
  return locks.some(
    (lock) =>
      lock.inode === inode && bytes.some((byte) => lock.firstByte <= byte && byte <= lock.lastByte),
  );
}

/**
 * All locks of this host; none where /proc cannot tell. The kernel takes some 10 ms
 * to give them out (it waits until no processor is inside the list), so whoever has
 * something to do meanwhile starts this early.
 */
export async function readLocks(): Promise<readonly FileLock[]> {
  try {
    return parseLocks(await readFile('/proc/locks', 'utf8'));
  } catch {
    return [];
  }
}

/**
 * Whether a QEMU has the file open for writing, and who: read from /proc/locks,
 * so that the file is not touched. The list names devices in the kernel's own way,
 * which on btrfs is not what stat says; so the inode is looked up there, and the
 * process is found by the file it has open. `unknown` as holder when that process
 * is another user's. Undefined when nobody holds it or /proc cannot tell; QEMU's
 * own lock then still stands between two machines.
 */
export async function findLockHolder(
  path: string,
  question: LockQuestion = 'any-use',
  reading: Promise<readonly FileLock[]> = readLocks(),
): Promise<LockHolder | 'unknown' | undefined> {
  const locks = await reading;
  const file = await stat(path).catch(() => undefined);
  if (file === undefined || !isWriteLocked(locks, file.ino, question)) return undefined;
  const { holder, complete } = await findOpener(file);
  // Every process was looked at and none has this file: another file system's inode of the same number.
  return holder ?? (complete ? undefined : 'unknown');
}

async function findOpener(file: {
  readonly dev: number;
  readonly ino: number;
}): Promise<{ readonly holder: LockHolder | undefined; readonly complete: boolean }> {
  let complete = true;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const folder = join('/proc', name, 'fd');
    let descriptors: string[];
    try {
      descriptors = await readdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') complete = false;
      continue;
    }
    for (const descriptor of descriptors) {
      if (!(await isSameFile(join(folder, descriptor), file))) continue;
      if (!(await holdsLock(join('/proc', name, 'fdinfo', descriptor)))) continue;
      const program = await readFile(join('/proc', name, 'comm'), 'utf8').catch(() => '?');
      return { holder: { pid: Number(name), program: program.trim() }, complete };
    }
  }
  return { holder: undefined, complete };
}

async function isSameFile(
  path: string,
  file: { readonly dev: number; readonly ino: number },
): Promise<boolean> {
  try {
    const { dev, ino } = await stat(path);
    return dev === file.dev && ino === file.ino;
  } catch {
    return false;
  }
}

/** fdinfo has a `lock:` line for each lock of an open file (proc(5)). */
async function holdsLock(fdinfo: string): Promise<boolean> {
  try {
    return /^lock:/m.test(await readFile(fdinfo, 'utf8'));
  } catch {
    return false;
  }
}
