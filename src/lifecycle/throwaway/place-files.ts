import { copyFile, rename, rm, stat, symlink, utimes } from 'node:fs/promises';
import { constants } from 'node:fs';
import { basename } from 'node:path';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
import { isFolder } from '../../system/look.ts';
import type { OpenFolder } from '../../system/open-folder.ts';
import { namedFolderMode } from '../../system/umask.ts';
import type { Node } from './archive-tree.ts';

/** A folder of the copy's meets something here that is none, or the other way round. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/**
 * Gives a file, folder or link of an archive its place in a folder: each file in one step, in
 * the place of one of its name; what else is in a folder stays. No link is followed, whoever
 * puts it there meanwhile. `fileAt` names the draft of a file.
 */
export async function placeNode(
  folder: OpenFolder,
  parts: readonly string[],
  node: Node,
  fileAt: (number: number) => string,
): Promise<void> {
  const [name = '', ...below] = parts;
  if (below.length > 0) {
    await using inside = await enter(folder, name);
    await placeNode(inside, below, node, fileAt);
    return;
  }
  switch (node.kind) {
    case 'folder': {
      await using inside = await enter(folder, name);
      for (const [child, each] of node.children) await placeNode(inside, [child], each, fileAt);
      return;
    }
    case 'file':
      await putInPlace(
        folder,
        name,
        async (draft) => await copyAcross(fileAt(node.number), draft),
        {
          draft: fileAt(node.number),
        },
      );
      return;
    case 'link':
      await putInPlace(folder, name, async (draft) => await symlink(node.target, draft));
      return;
    default:
      node satisfies never;
  }
}

async function enter(folder: OpenFolder, name: string): Promise<OpenFolder> {
  try {
    return await folder.enter(name, namedFolderMode());
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    throw new Mismatch(`${name} is a folder in the copy, and none here.`, { cause: error });
  }
}

/** Renames `draft` into place; where that is on another disk, or there is none, one that `make` makes beside. */
async function putInPlace(
  folder: OpenFolder,
  name: string,
  make: (draft: string) => Promise<void>,
  ready?: { readonly draft: string },
): Promise<void> {
  const place = folder.path(name);
  if (await isFolder(place)) throw new Mismatch(`${name} is a folder here, and none in the copy.`);
  if (ready !== undefined) {
    try {
      await rename(ready.draft, place);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    }
  }
  await removeDrafts(place);
  const beside = folder.path(basename(draftPath(name)));
  try {
    await make(beside);
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Mode and time go with it. */
async function copyAcross(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
}
