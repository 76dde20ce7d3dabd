import { constants, type Stats } from 'node:fs';
import { open, readlink, stat, type FileHandle } from 'node:fs/promises';
import { nameOwner } from './owners.ts';

/** Notes, records and lists of ours, and files like ssh's: a hundred times what they hold. */
export const mostNoteBytes = 4 * 1024 * 1024;

/** A path whose file is not read, and why: it is none, or it is larger than what is looked for. */
export class FileRefusal extends Error {
  override readonly name = 'FileRefusal';
  readonly kind: 'folder' | 'special' | 'too-large' | 'foreign';

  constructor(kind: FileRefusal['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Opens a regular file for reading. Throws a FileRefusal for anything else, at once: a pipe
 * would be waited for and a device may do something when it is opened, so it is looked at first,
 * and again once it is open. Symbolic links are followed.
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  requireRegular(await stat(path));
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    requireRegular(await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A file that somebody else owns. */
export function foreignFile(uid: number): FileRefusal {
  const text = `${nameOwner(uid)} owns it, neither you nor root.`;
  return new FileRefusal('foreign', text);
}

/**
 * Reads a regular file of at most `most` bytes; never more, also when it grows. With `owners` it
 * must be one of theirs. Throws a FileRefusal.
 */
export async function readRegularFile(
  path: string,
  most = mostNoteBytes,
  owners?: ReadonlySet<number>,
): Promise<Buffer> {
  const handle = await openRegularFile(path);
  try {
    const { size, uid } = await handle.stat();
    if (owners?.has(uid) === false) throw foreignFile(uid);
    if (size > most) throw tooLarge(size, most);
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Files of /proc and /sys have no size: read until nothing comes.
    for (;;) {
      const room = Math.min(most + 1 - bytes, Math.max(size - bytes + 1, 4096));
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(room), 0, room, null);
      if (bytesRead === 0) return Buffer.concat(chunks, bytes);
      chunks.push(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
      if (bytes > most) throw tooLarge(bytes, most);
    }
  } finally {
    await handle.close();
  }
}

/** The same as text in UTF-8. */
export async function readRegularText(path: string, most = mostNoteBytes): Promise<string> {
  return (await readRegularFile(path, most)).toString();
}

/**
 * What stands in a file that somebody named, piece by piece: a regular file, a pipe (also one
 * by name, or a shell's `<(…)`), or a terminal. Waiting for a pipe ends with the signal, whose
 * reason it then throws. Throws a FileRefusal for anything else.
 */
export async function* readSource(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const facts = await stat(path);
  if (facts.isFile()) {
    const handle = await openRegularFile(path);
    try {
      for (;;) {
        signal.throwIfAborted();
        const { bytesRead, buffer } = await handle.read(
          Buffer.alloc(pieceBytes),
          0,
          pieceBytes,
          null,
        );
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }
  if (!facts.isFIFO() && !facts.isCharacterDevice()) requireRegular(facts);
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const opened = await handle.stat();
    const { isatty } = await import('node:tty');
    if (!opened.isFIFO() && !isatty(handle.fd)) requireRegular(opened);
    yield* poll(handle, signal, opened.isFIFO() && (await hasName(handle)));
  } finally {
    await handle.close();
  }
}

/** A large log is read in pieces of this size: larger ones gain nothing. */
const pieceBytes = 256 * 1024;
/** Between two looks at a pipe that has nothing to give, in ms. */
const pollMs = 20;

/** Reads what does not block: it is asked again and again, since a blocked read could not be ended. */
async function* poll(
  handle: FileHandle,
  signal: AbortSignal,
  waitsForWriter: boolean,
): AsyncGenerator<Buffer> {
  let begun = !waitsForWriter;
  for (;;) {
    signal.throwIfAborted();
    const read = await handle
      .read(Buffer.alloc(pieceBytes), 0, pieceBytes, null)
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EAGAIN') return undefined;
        throw error;
      });
    if (read !== undefined && read.bytesRead > 0) {
      begun = true;
      yield read.buffer.subarray(0, read.bytesRead);
      continue;
    }
    // EAGAIN: somebody has it open for writing. Nothing at all: they are done, or have not come yet.
    if (read === undefined) begun = true;
    else if (begun) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Whether a pipe is one of mkfifo: whoever writes to it may come after us. */
async function hasName({ fd }: FileHandle): Promise<boolean> {
  return !(await readlink(`/proc/self/fd/${fd}`)).startsWith('pipe:');
}

function requireRegular(facts: Stats): void {
  if (facts.isFile()) return;
  if (facts.isDirectory()) throw new FileRefusal('folder', 'it is a folder.');
  const what = facts.isFIFO() ? 'a pipe' : facts.isSocket() ? 'a socket' : 'a device';
  throw new FileRefusal('special', `it is ${what}, and a file is needed.`);
}

function tooLarge(bytes: number, most: number): FileRefusal {
  return new FileRefusal('too-large', `it has ${bytes} bytes; at most ${most} are read.`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file.',
  ENOTDIR: 'there is no such file.',
  EACCES: 'it may not be read.',
  EPERM: 'it may not be read.',
  EISDIR: 'it is a folder.',
  ENXIO: 'it is a socket or a device, and a file is needed.',
  ELOOP: 'its symbolic links lead in a circle.',
  ENAMETOOLONG: 'its name is too long.',
};

/** Why a file could not be read, to stand behind a colon. */
export function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? message;
}
