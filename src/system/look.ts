import { lstat, stat } from 'node:fs/promises';

/** Whether there is anything under a name that can be reached: a dangling link is nothing. */
export async function isReachable(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether there is anything under a name, a dangling link included. */
export async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** Whether a name leads to a folder, also by links. */
export async function leadsToFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Whether a name is a folder, and no link to one. */
export async function isFolder(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
