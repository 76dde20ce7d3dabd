import { UtopiaError } from '../../errors.ts';
import { leadsToFolder } from '../../system/look.ts';

/** Throws `usage` for a folder of modules that is none: a debugger would find nothing there, without a word. */
export async function checkModuleFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    if (await leadsToFolder(folder)) continue;
    throw new UtopiaError('usage', `--modules ${folder}: there is no such folder.`, {
      hint: 'Name the folder in which the module was built.',
    });
  }
}
