import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UtopiaError } from '../errors.ts';
import type { MachinePaths } from './paths.ts';
import { describeUnmade } from '../system/out-of-space.ts';
import { makeFolder } from '../system/make-folder.ts';

/**
 * Makes the machine's state and runtime folders, private to the user. In the
 * temporary directory somebody else could have laid them there first, so the
 * owner and the mode of each are checked. Throws `cannot-create`, `disk-full`, `folder-unsafe`.
 */
export async function prepareFolders(paths: MachinePaths, uid: number): Promise<void> {
  for (const folder of [paths.stateDir, paths.runtimeDir]) {
    for (const each of [dirname(folder), folder]) {
      await makeOwnFolder(each);
      await checkOwnFolder(each, uid);
    }
  }
}

async function makeOwnFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder, { mode: 0o700 });
  } catch (error) {
    throw describeUnmade(
      `Cannot make the folder ${folder}`,
      folder,
      error,
      'Make it writable for you, or point XDG_STATE_HOME and XDG_RUNTIME_DIR elsewhere.',
    );
  }
}

async function checkOwnFolder(folder: string, uid: number): Promise<void> {
  const stat = await lstat(folder);
  const problem = !stat.isDirectory()
    ? 'is not a folder'
    : stat.uid !== uid
      ? `belongs to user id ${stat.uid}, not to you (${uid})`
      : (stat.mode & 0o022) !== 0
        ? 'can be written to by others'
        : undefined;
  if (problem === undefined) return;
  throw new UtopiaError(
    'folder-unsafe',
    `${folder} ${problem}: sockets in it would not be private.`,
    {
      hint: 'Remove it, or point XDG_STATE_HOME and XDG_RUNTIME_DIR to folders of your own.',
    },
  );
}
