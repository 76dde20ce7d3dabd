import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { draftPath, removeDrafts, syncFolder } from '../system/atomic-file.ts';
import { copyDisk } from './copy-disk.ts';
import { isThere } from '../system/look.ts';
import type { KeptPlaces } from './set-aside/list.ts';
import { layersIn, listLayers } from './layers-folder.ts';

// What a guest has written to exercise disks lies in throw-away layers, which the next
// boot makes anew. A machine whose memory is saved has its file systems on them half in
// memory: there they go where the memory goes.

/**
 * Gives the machine's layers second names in the folder of an overlay that is set aside.
 * Nobody writes to them again: a boot makes new files.
 */
export async function keepLayers({ disksDir }: KeptPlaces, folder: string): Promise<void> {
  const names = await listLayers(disksDir);
  if (names.length === 0) return;
  await mkdir(layersIn(folder), { mode: 0o700 });
  for (const name of names) {
    const [from, to] = [join(disksDir, name), join(layersIn(folder), name)];
    await link(from, to).catch(async () => await copyFile(from, to));
  }
}

/** Puts kept layers back in the place of those that are there; nothing where none are kept. */
export async function returnLayers({ disksDir }: KeptPlaces, folder: string): Promise<void> {
  if (!(await isThere(layersIn(folder)))) return;
  await rm(disksDir, { recursive: true, force: true });
  await rename(layersIn(folder), disksDir);
}

/** Copies layers that nobody writes to meanwhile, under the same names; the folder is made. */
export async function copyLayers(
  layers: readonly string[],
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  if (layers.length === 0) return;
  await mkdir(to, { mode: 0o700 });
  for (const name of layers) await copyDisk(join(from, name), join(to, name), signal);
}

/** A snapshot's layers, copied beside the machine's. */
export interface BroughtLayers {
  /** Replaces the machine's by them; nothing where the snapshot has none. */
  place(): Promise<void>;
  discard(): Promise<void>;
}

/** Copies a snapshot's layers to where they can be put in place in a moment. */
export async function bringLayers(
  folder: string,
  { disksDir }: KeptPlaces,
  signal: AbortSignal,
): Promise<BroughtLayers> {
  await removeDrafts(disksDir);
  const layers = await listLayers(layersIn(folder));
  const draft = draftPath(disksDir);
  const discard = async (): Promise<void> => await rm(draft, { recursive: true, force: true });
  try {
    await copyLayers(layers, layersIn(folder), draft, signal);
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    discard,
    place: async () => {
      if (layers.length === 0) return;
      await rm(disksDir, { recursive: true, force: true });
      await rename(draft, disksDir);
      await syncFolder(disksDir);
    },
  };
}
