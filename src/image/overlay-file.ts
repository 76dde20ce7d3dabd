import { constants, type Stats } from 'node:fs';
import { access, lstat, readlink, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UtopiaError } from '../errors.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { readStart } from './file-start.ts';
import { recogniseKind } from './file-kind.ts';
import { parseQcow2Header, qcow2HeaderBytes, type Qcow2Header } from './qcow2-header.ts';

/** An overlay as it lies on the disk, its backing file not yet looked at. */
export interface OverlayFile {
  readonly path: string;
  readonly header: Qcow2Header;
  /** Absolute path of the backing file that the header names. */
  readonly backingPath: string;
  /** Bytes that it occupies, which is less than its length where it has holes. */
  readonly allocatedBytes: number;
  /** Last write, in milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Names of the file; more than one when a creation was cut short. */
  readonly linkCount: number;
}

/**
 * Reads what a private file says about itself; undefined when there is none. One
 * open and one read, no other program. Throws `overlay-damaged` for what is no
 * whole qcow2 file, `image-unsuitable` for what utopia will not start: a folder, a
 * disk without a backing file, an encrypted one, one with its contents elsewhere.
 */
export async function readOverlayFile(path: string): Promise<OverlayFile | undefined> {
  const file = await statOverlay(path);
  if (file === undefined) return undefined;
  const start = await readOverlayStart(path);
  const header = parseQcow2Header(start);
  if (typeof header === 'string') throw notQcow2(path, start, header);
  checkWhole(path, file, header);
  return {
    path,
    header,
    backingPath: resolveBackingName(path, header),
    allocatedBytes: file.blocks * 512,
    mtimeMs: file.mtimeMs,
    linkCount: file.nlink,
  };
}

async function statOverlay(path: string): Promise<Stats | undefined> {
  let file: Stats;
  try {
    file = await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      await refuseDanglingLink(path);
      return undefined;
    }
    throw unreachable(path, error);
  }
  if (file.isFile()) return file;
  throw new UtopiaError(
    'image-unsuitable',
    `The private file ${path} is ${file.isDirectory() ? 'a folder' : 'not a regular file'}.`,
    { hint: 'Move it away, or set QCOW2_PRIVATE_FILE to another name.' },
  );
}

async function refuseDanglingLink(path: string): Promise<void> {
  const link = await lstat(path).catch(() => undefined);
  if (link?.isSymbolicLink() !== true) return;
  const target = resolve(dirname(path), await readlink(path));
  throw new UtopiaError(
    'image-unsuitable',
    `The private file ${path} is a symbolic link to ${target}, which does not exist.`,
    {
      hint:
        'Is a disk not mounted? To start afresh instead, remove the link:\n' +
        `rm ${quoteForShell(path)}`,
    },
  );
}

function unreachable(path: string, error: unknown): UtopiaError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new UtopiaError(
    'image-unsuitable',
    `The private file ${path} cannot be opened by you (${code}).`,
    { hint: `Look at owners and modes: namei -l ${quoteForShell(path)}`, cause: error },
  );
}

async function readOverlayStart(path: string): Promise<Buffer> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return await readStart(path, qcow2HeaderBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') {
      throw new UtopiaError(
        'image-unsuitable',
        `The private file ${path} is on a read-only file system.`,
        { hint: 'Move the folder, or point QCOW2_PRIVATE_FILE to a writable one.', cause: error },
      );
    }
    throw unreachable(path, error);
  }
}

function notQcow2(path: string, start: Buffer, problem: string): UtopiaError {
  const kind = recogniseKind(start);
  if (kind === 'qcow2' || kind === 'empty') {
    return new UtopiaError(
      'overlay-damaged',
      kind === 'empty'
        ? `The private file ${path} is empty: making it was cut short, or the disk was full.`
        : `The private file ${path} is damaged: ${problem}.`,
      { hint: 'utopia reset      (keeps it aside and makes a fresh one)' },
    );
  }
  return new UtopiaError(
    'image-unsuitable',
    `The private file ${path} is not a qcow2 file but ${kind === 'other' ? 'a raw one' : kind}.`,
    {
      details: [
        'The private file holds only your changes, over QCOW2_BACKING_FILE. Are the two swapped?',
      ],
      hint: 'Set QCOW2_PRIVATE_FILE to another name, or move this file away.',
    },
  );
}

function checkWhole(path: string, file: Stats, header: Qcow2Header): void {
  if (header.corrupt || file.size < header.leastBytes) {
    const problem = header.corrupt
      ? 'QEMU has marked it corrupt'
      : `it has ${file.size} bytes, its own tables need ${header.leastBytes}`;
    throw new UtopiaError('overlay-damaged', `The private file ${path} is damaged: ${problem}.`, {
      hint:
        'Copy it, then try to repair the copy: qemu-img check -r all COPY\n' +
        'Or start afresh, keeping this one aside: utopia reset',
    });
  }
  const problem = header.encrypted
    ? 'is encrypted, and utopia has no password for it'
    : header.externalDataFile
      ? 'keeps its contents in another file'
      : header.backingName === undefined
        ? 'has no backing file: it is a whole disk of its own'
        : /^[^/]*:/.test(header.backingName)
          ? `does not stand on a file but on ${header.backingName}`
          : undefined;
  if (problem === undefined) return;
  throw new UtopiaError('image-unsuitable', `The private file ${path} ${problem}.`, {
    hint: 'Set QCOW2_PRIVATE_FILE to another name, or move this file away.',
  });
}

/** QEMU resolves a relative name against the folder of the overlay as it was named, links unfollowed. */
function resolveBackingName(path: string, header: Qcow2Header): string {
  return resolve(dirname(path), header.backingName ?? '');
}
