import { chmod, lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import {
  isModuleName,
  skeletonFiles,
  type SkeletonKind,
} from '../../module/skeleton/skeleton-files.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { namedFileMode, namedFolderMode } from '../../system/umask.ts';

/**
 * Makes a folder NAME below `parent` with the files of a new module; gives their names. Throws
 * `usage` for a name that is none, `file-exists` where one of the files is there, before any is made.
 */
export async function makeModule(
  parent: string,
  name: string,
  kind: SkeletonKind,
): Promise<readonly string[]> {
  if (!isModuleName(name)) {
    throw new UtopiaError('usage', `${JSON.stringify(name)} is no name for a module.`, {
      hint: 'It begins with a small letter, and has small letters, digits and _, at most 31.',
    });
  }
  const folder = join(parent, name);
  const files = skeletonFiles(name, kind);
  for (const file of files) {
    const there = await lstat(join(folder, file.name)).catch(() => undefined);
    if (there !== undefined) throw exists(join(folder, file.name));
  }
  await makeFolder(folder, { mode: namedFolderMode() });
  // Ours is 077 meanwhile: others of a group, and the guest's user, are to read a source.
  await chmod(folder, namedFolderMode());
  for (const { name: file, text, runs } of files) {
    const mode = runs ? namedFolderMode() : namedFileMode();
    await writeFile(join(folder, file), text, { flag: 'wx', mode }).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? exists(join(folder, file)) : error;
    });
    await chmod(join(folder, file), mode);
  }
  return files.map((file) => file.name);
}

function exists(path: string): UtopiaError {
  return new UtopiaError('file-exists', `${path} is there already, and stays as it is.`, {
    hint: 'Choose another name, or another folder: utopia -C DIR module new NAME',
  });
}
