import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  symlink,
  utimes,
} from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UtopiaError, messageOf } from '../../errors.ts';
import { formatBytes } from '../../text/format.ts';
import { isBelow } from '../../text/is-below.ts';
import { makeFolder } from '../../system/make-folder.ts';

/** Bounds of what one copy is given: a submission is small, and every copy has a copy of it. */
export const shareLimits = { bytes: 2 ** 30, entries: 100_000, depth: 64 } as const;

/** What is left of the bounds. */
interface Room {
  bytes: number;
  entries: number;
}

/**
 * Makes a folder that has these paths of `folder` and nothing else of it, at the places they
 * have there: what a copy of --each gets to see. Files are copied (cheaply where the file system
 * can), with mode and time; a link stays a link, unless it is one of the paths itself, and
 * leads in the guest to what is there; sockets, pipes and devices stay away. Throws `usage` for more than `shareLimits`, and for
 * what cannot be read; the signal's reason.
 */
export async function stageShare(
  folder: string,
  paths: readonly string[],
  into: string,
  signal: AbortSignal,
): Promise<void> {
  const room: Room = { bytes: shareLimits.bytes, entries: shareLimits.entries };
  await mkdir(into, { mode: 0o755 });
  const home = await realpath(folder);
  for (const path of outermost(paths.map((each) => relative(folder, resolve(folder, each))))) {
    try {
      const real = await realpath(join(folder, path));
      // It was looked at before; somebody has changed it since.
      if (!isBelow(home, real)) throw new Error('it leads out of this folder');
      await makeParents(folder, into, dirname(path));
      await copyTree(real, join(into, path), 0, { room, path, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UtopiaError) throw error;
      const reason = messageOf(error);
      throw new UtopiaError('usage', `${path || '.'} cannot be given to a copy: ${reason}`, {
        hint: 'Look at its modes. --share-folder shares the whole folder instead.',
        cause: error,
      });
    }
  }
}

/** Paths without those that lie in another one of them; all relative to one folder. Pure. */
export function outermost(paths: readonly string[]): string[] {
  const all = [...new Set(paths)];
  return all.filter(
    (path) => !all.some((other) => other !== path && isBelow(`/${other}`, `/${path}`)),
  );
}

/** The folders on the way, with their own modes. */
async function makeParents(folder: string, into: string, path: string): Promise<void> {
  if (path === '.' || path === '') return;
  await makeParents(folder, into, dirname(path));
  await mkdir(join(into, path)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await chmod(join(into, path), folderMode((await lstat(await realpath(join(folder, path)))).mode));
}

/** Ours to empty, whatever the original's mode. */
function folderMode(mode: number): number {
  return (mode & 0o777) | 0o700;
}

interface CopyTask {
  readonly room: Room;
  /** As it is named to the user. */
  readonly path: string;
  readonly signal: AbortSignal;
}

async function copyTree(from: string, to: string, depth: number, task: CopyTask): Promise<void> {
  const { room, path, signal } = task;
  signal.throwIfAborted();
  const found = await lstat(from);
  room.entries -= 1;
  if (found.isFile()) room.bytes -= found.size;
  if (room.entries < 0 || room.bytes < 0 || depth > shareLimits.depth) throw tooMuch(path);
  if (found.isSymbolicLink()) return await symlink(await readlink(from), to);
  if (found.isFile()) {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, found.mode & 0o777);
    return await utimes(to, found.atime, found.mtime);
  }
  if (!found.isDirectory()) return;
  // The share's own folder is there already.
  await makeFolder(to);
  for (const name of await readdir(from)) {
    await copyTree(join(from, name), join(to, name), depth + 1, task);
  }
  await chmod(to, folderMode(found.mode));
  await utimes(to, found.atime, found.mtime);
}

function tooMuch(path: string): UtopiaError {
  const { bytes, entries, depth } = shareLimits;
  return new UtopiaError('usage', `${path || '.'} is too much to give to each copy.`, {
    details: [
      `The limits are ${formatBytes(bytes)}, ${entries} files and folders, ${depth} folders deep.`,
    ],
    hint: 'Have the copies share the whole folder instead: utopia run --share-folder --each …',
  });
}
