import { realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  atEitherPlace,
  describeMoveFailure,
  makeKeptFolder,
  moveCompanions,
  moveEntry,
  removeCompanions,
} from './kept-entries.ts';
import { isThere } from '../../system/look.ts';
import {
  keptOverlayPaths,
  listKept,
  moveIfThere,
  type KeptOverlay,
  type KeptPlaces,
} from './list.ts';
import { dropEmptyFolders, finishInterrupted } from './recover.ts';
import { keepLayers } from '../layer-sets.ts';
import { layersIn } from '../layers-folder.ts';
import { copyRecord, removeRecord } from '../overlay-record.ts';

/**
 * Puts the private file aside with all that belongs to it: its record, the machine's
 * ssh folder (host keys, our key's marker) and, suspended, its layers of exercise disks. Only renames, whatever the
 * size. Killed at any moment, the overlay is in one place or the other, and the
 * next reset or undo tidies up. Throws `cannot-create`.
 */
export async function keepOverlay(
  places: KeptPlaces,
  privateFile: string,
  now: Date,
  madeRoomFor?: string,
): Promise<KeptOverlay> {
  await finishInterrupted(places, privateFile);
  try {
    const folder = await makeKeptFolder(places, privateFile, now, madeRoomFor);
    const both = keptOverlayPaths(folder, privateFile);
    await copyRecord(privateFile, both.inside);
    if (await isThere(`${privateFile}.vmstate.json`)) await keepLayers(places, folder);
    // First the keys: were the overlay gone and they left, a fresh guest's keys would not be believed.
    await moveIfThere(places.sshDir, join(folder, 'ssh'));
    const place = await atEitherPlace(both, async (to) => await moveEntry(privateFile, to));
    // A suspended machine's memory: killed before it moved, it does not fit what comes to this place.
    await moveCompanions(privateFile, place);
    await removeRecord(privateFile);
    const kept = (await listKept(places, privateFile)).find(
      ({ name }) => name === basename(folder),
    );
    if (kept === undefined) throw new Error(`${folder} has no overlay after the move`);
    return kept;
  } catch (error) {
    throw describeMoveFailure(error, privateFile);
  }
}

/** Deletes a kept overlay for good; a kept link's target with it. */
export async function deleteKept(kept: KeptOverlay): Promise<void> {
  const target = await realpath(kept.overlay).catch(() => kept.overlay);
  // The overlay last: what belongs to one that is gone counts as on its way back.
  await removeCompanions(kept.overlay);
  await rm(join(kept.folder, 'ssh'), { recursive: true, force: true });
  await rm(layersIn(kept.folder), { recursive: true, force: true });
  await rm(target, { force: true });
  await rm(kept.overlay, { force: true });
  await dropKeptFolder(kept);
}

/** Removes what is left of a kept overlay that has gone. */
export async function dropKeptFolder(kept: KeptOverlay): Promise<void> {
  await rm(kept.folder, { recursive: true, force: true });
  if (dirname(kept.overlay) === kept.folder) return;
  await dropEmptyFolders(kept.overlay);
}
