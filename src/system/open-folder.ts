import { constants } from 'node:fs';
import { mkdir, open, readdir, rmdir, unlink, type FileHandle } from 'node:fs/promises';

/**
 * A folder that is held open: names in it are the names in this very folder, whatever
 * somebody makes of the path that led to it. A guest that can write to a shared folder can
 * put a link in the place of a name at any moment.
 */
export interface OpenFolder extends AsyncDisposable {
  /** Path of a name in it; only its last part may be a link of somebody's. */
  path(name: string): string;
  /** Opens a folder in it, which is made where `mode` is given. Throws ENOTDIR or ELOOP for a link. */
  enter(name: string, mode?: number): Promise<OpenFolder>;
}

const flags = constants.O_RDONLY | constants.O_DIRECTORY;

/** Opens a folder that the user has named: links on the way are the user's own. */
export async function openFolder(path: string): Promise<OpenFolder> {
  return hold(await open(path, flags));
}

function hold(handle: FileHandle): OpenFolder {
  // The kernel leads this name to the open folder itself (proc_pid_fd(5)).
  const path = (name: string): string => `/proc/self/fd/${handle.fd}/${name}`;
  return {
    path,
    enter: async (name, mode) => {
      if (name === '' || name.includes('/') || name === '..') throw new RangeError(name);
      try {
        return hold(await open(path(name), flags | constants.O_NOFOLLOW));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || mode === undefined) throw error;
        await mkdir(path(name), { mode });
        return hold(await open(path(name), flags | constants.O_NOFOLLOW));
      }
    },
    [Symbol.asyncDispose]: async () => {
      await handle.close();
    },
  };
}

/**
 * Removes a folder that holds files alone. Nothing behind a link goes, whoever puts one there
 * meanwhile; a folder with more in it than files stays.
 */
export async function removeFlatFolder(outer: OpenFolder, name: string): Promise<void> {
  try {
    await using folder = await outer.enter(name);
    for (const each of await readdir(folder.path('.'))) await unlink(folder.path(each));
    await rmdir(outer.path(name));
  } catch {
    // It is not there, or not what it was.
  }
}
