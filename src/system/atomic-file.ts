import { randomBytes } from 'node:crypto';
import { link, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { identifyProcess } from './process.ts';

/**
 * A hidden name beside `path` for a file in the making, with our process in it:
 * what a killed process leaves can be told from what a living one works on.
 */
export function draftPath(path: string): string {
  const suffix = `${process.pid}-${randomBytes(4).toString('hex')}.draft`;
  return join(dirname(path), draftStart(path) + suffix);
}

function draftStart(path: string): string {
  return `.${basename(path).replace(/^\./, '')}.`;
}

/** Removes the drafts of `path` whose processes are gone. */
export async function removeDrafts(path: string): Promise<void> {
  const folder = dirname(path);
  const start = draftStart(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(start)) continue;
    const match = /^(\d+)-[\da-f]{8}\.draft$/.exec(name.slice(start.length));
    if (match === null || (await identifyProcess(Number(match[1]))) !== undefined) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Writes a small file so that a reader, or a crash at any moment, finds the old
 * one or the new one and never a part: draft beside it, fsync, rename. `path` is
 * absolute; an existing file is replaced. `mode` is what the file has in the end,
 * whatever the umask: the user's alone without it. Throws what the system says.
 */
export async function writeFileAtomically(
  path: string,
  text: string | Uint8Array,
  { mode = 0o600 }: { readonly mode?: number } = {},
): Promise<void> {
  const draft = draftPath(path);
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      // The umask has taken the others' bits away. A file system without modes keeps none.
      if ((mode & 0o077) !== 0) await handle.chmod(mode).catch(() => {});
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Gives a finished file its name in one step, never replacing another: returns
 * false when the name is taken. The draft's own name may remain; the caller
 * removes it.
 */
export async function placeFile(draft: string, path: string): Promise<boolean> {
  try {
    // A link, unlike a rename, fails when the name is taken.
    await link(draft, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return false;
    // A file system without links gets the rename.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
    const taken = await lstat(path).catch(() => undefined);
    if (taken !== undefined) return false;
    await rename(draft, path);
  }
  await syncFolder(dirname(path));
  return true;
}

/** Makes names in a folder (a rename, a link) survive a crash of the host; where it cannot, it is left. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Some file systems have no fsync for folders, and a folder may be writable but not readable.
  }
}
