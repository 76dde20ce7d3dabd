import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { leadsToFolder } from './look.ts';

/**
 * Makes a folder with those on the way to it, or finds it there. Throws what the system
 * says of the first that cannot be made. Node's own `recursive` says ENOENT for a read-only
 * file system and a used-up quota, and never ends where a folder that is there takes no more.
 */
export async function makeFolder(
  folder: string,
  options: { readonly mode?: number } = {},
): Promise<void> {
  try {
    await mkdir(folder, options);
  } catch (error) {
    if (await leadsToFolder(folder)) return;
    const parent = dirname(folder);
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing || parent === folder) throw error;
    // One that is there by now was made meanwhile, or takes none: the second attempt tells.
    if (!(await leadsToFolder(parent))) await makeFolder(parent, options);
    await mkdir(folder, options).catch(async (cause: unknown) => {
      // Somebody else was as fast.
      if (!(await leadsToFolder(folder))) throw cause;
    });
  }
}
