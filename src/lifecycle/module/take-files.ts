import { chmod, lstat, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExtFile } from '../../image/ext/ext-files.ts';

/** More than a kernel's headers or its tools can have, in half a sentence. */
export class TooMuchTaken extends Error {}

/** Writes a file of the image to a new one of ours, which may be run where that may. One that is there stays. */
export async function copyFile(file: ExtFile, to: string, mode: number): Promise<void> {
  const runnable = (mode & 0o111) !== 0;
  try {
    await using handle = await open(to, 'wx', runnable ? 0o755 : 0o644);
    if (file.bytes === 0) return;
    for await (const piece of file.read()) await handle.writeFile(piece);
    if (runnable) await handle.chmod(0o755);
  } catch (error) {
    // A folder that lies in another one that is taken, too, was copied before.
    ignoreExisting(error as NodeJS.ErrnoException);
  }
}

/** The folders on the way to a path of the image, each of ours. */
export async function makeFolders(root: string, path: string): Promise<void> {
  let folder = root;
  for (const name of path.split('/').filter((each) => each !== '')) {
    folder = join(folder, name);
    await mkdir(folder, { mode: 0o755 }).catch(ignoreExisting);
    if (!(await lstat(folder)).isDirectory()) throw new TooMuchTaken('a link in their way');
    await chmod(folder, 0o755);
  }
}

/** For making what may be there. */
export function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
