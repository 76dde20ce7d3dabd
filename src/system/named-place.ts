import { constants } from 'node:fs';
import { access, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { draftPath, removeDrafts } from './atomic-file.ts';
import { UtopiaError } from '../errors.ts';
import { openFolder, type OpenFolder } from './open-folder.ts';
import { namedFileMode, namedFolderMode } from './umask.ts';
import { describeUnmade } from './out-of-space.ts';

/**
 * Opens a folder that the user has named, and makes it where it is missing. Links on the way are
 * the user's own, but not those below `cwd`: that is what guests share, and one of them may have
 * put a link there. Throws `cannot-create`.
 */
export async function openNamedFolder(
  cwd: string,
  name: string,
  hint: string,
): Promise<OpenFolder> {
  const path = resolve(cwd, name);
  const below = relative(cwd, path);
  const shared = below !== '..' && !below.startsWith('../') && !isAbsolute(below);
  try {
    let folder = await openFolder(shared ? cwd : '/');
    const parts = (shared ? below : path).split('/').filter((part) => part !== '');
    for (const [index, part] of parts.entries()) {
      await using outer = folder;
      folder = shared
        ? await outer.enter(part, namedFolderMode())
        : await enterOwn(outer, part, `/${parts.slice(0, index + 1).join('/')}`);
      if (!shared) await requireOwn(outer, part, folder);
    }
    // Now, and not when what is to be written has come: that may take hours.
    await access(folder.path('.'), constants.W_OK | constants.X_OK).catch(
      async (error: unknown) => {
        await folder[Symbol.asyncDispose]();
        throw error;
      },
    );
    return folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const link = code === 'ELOOP' || code === 'ENOTDIR';
    if (!link) {
      const isThere = await stat(path).then(
        () => true,
        (reason: NodeJS.ErrnoException) => reason.code !== 'ENOENT',
      );
      const what = isThere ? `Cannot write in ${path}` : `${path} is not there, and cannot be made`;
      throw describeUnmade(what, path, error, hint);
    }
    throw new UtopiaError(
      'cannot-create',
      `Cannot write in ${path}: a link or a file is on the way to it.`,
      { hint, cause: error },
    );
  }
}

async function enterOwn(outer: OpenFolder, part: string, path: string): Promise<OpenFolder> {
  const there = await stat(path).catch(() => undefined);
  return there?.isDirectory() === true
    ? await openFolder(path)
    : await outer.enter(part, namedFolderMode());
}

/**
 * In a folder like /tmp anybody can have laid a name beforehand, a link to a folder of ours or a
 * folder of his own: he would read, change or misplace what is written. Throws for one of another's.
 */
async function requireOwn(outer: OpenFolder, part: string, folder: OpenFolder): Promise<void> {
  const above = await stat(outer.path('.'));
  if ((above.mode & 0o002) === 0) return;
  const entry = await lstat(outer.path(part));
  const owners = entry.isSymbolicLink()
    ? [entry.uid]
    : // Looked at as it was opened: the name may be another's by now.
      [entry.uid, (await stat(folder.path('.'))).uid];
  const ours = new Set([0, process.geteuid?.() ?? 0, above.uid]);
  if (owners.every((uid) => ours.has(uid))) return;
  await folder[Symbol.asyncDispose]();
  throw new Error(`another user has laid ${part} into a folder that is everybody's.`);
}

/** A place for a file that the user has named; who holds it knows that the folder stays the same. */
export interface NamedPlace extends AsyncDisposable {
  /**
   * Writes the file in one step, in the place of one of its name; a link of that name is
   * replaced, not followed. Throws what the system says.
   */
  write(pieces: AsyncIterable<string> | Iterable<string>): Promise<void>;
}

/**
 * Opens the place of a file before anything runs that could change the way to it. A device or a
 * pipe of the system's (`/dev/stdout`, a shell's `>(…)`) is written to as it is.
 */
export async function openNamedPlace(cwd: string, name: string, hint: string): Promise<NamedPlace> {
  const path = resolve(cwd, name);
  if (/^\/(?:dev|proc)\//.test(path)) {
    return {
      write: async (pieces) => {
        await using file = await open(path, 'w');
        for await (const piece of pieces) await file.appendFile(piece);
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }
  // Now, and not when what is to be written has come.
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) {
    throw new UtopiaError('cannot-create', `Cannot write ${path}: it is a folder.`, { hint });
  }
  const folder = await openNamedFolder(cwd, dirname(path), hint);
  return {
    write: async (pieces) => await writeIn(folder, basename(path), pieces),
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

/** Writes a file in an open folder in one step: draft, rename. Throws what the system says. */
export async function writeIn(
  folder: OpenFolder,
  name: string,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  const place = folder.path(name);
  await removeDrafts(place);
  const draft = folder.path(basename(draftPath(name)));
  const file = await open(draft, 'wx', 0o600);
  try {
    // The umask has taken the others' bits away. A file system without modes keeps none.
    await file.chmod(namedFileMode()).catch(() => {});
    // All of a piece: write(2) may take less, and says nothing of a disk that is full then.
    for await (const piece of pieces) await file.appendFile(piece);
    await file.sync();
    await rename(draft, place);
    const [ours, there] = [await file.stat(), await lstat(place)];
    if (ours.ino !== there.ino) throw new Error('somebody put another file in its place');
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}
