import { chmod, stat } from 'node:fs/promises';

/** What the group and all others may do. */
const othersBits = 0o077;

/**
 * Takes away what other users may do with a file of ours that was made before
 * utopia made such files private. Gives whether they could read or write it; false
 * also for a file of another user's, or one whose file system has no modes.
 */
export async function keepFromOthers(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  if (file === undefined || file.uid !== process.getuid?.()) return false;
  if ((file.mode & othersBits) === 0) return false;
  try {
    await chmod(path, file.mode & 0o7777 & ~othersBits);
    return ((await stat(path)).mode & othersBits) === 0;
  } catch {
    return false;
  }
}
