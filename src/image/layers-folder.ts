import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { occupiedBytes } from './set-aside/purge.ts';

/** Where the layers of an overlay that was set aside, or of a snapshot, lie in its folder. */
export function layersIn(folder: string): string {
  return join(folder, 'disks');
}

/** The names of the layers in a folder; none where there is no such folder. */
export async function listLayers(folder: string): Promise<string[]> {
  return (await readdir(folder).catch((): string[] => [])).toSorted();
}

/** Bytes on disk of the layers in a folder. */
export async function layerBytes(folder: string): Promise<number> {
  const names = await listLayers(folder);
  const bytes = await Promise.all(names.map((name) => occupiedBytes(join(folder, name))));
  return bytes.reduce((sum, each) => sum + each, 0);
}
