import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../../system/atomic-file.ts';
import {
  atEitherPlace,
  describeMoveFailure,
  linkCompanions,
  makeKeptFolder,
  removeCompanions,
  twinEntry,
} from './kept-entries.ts';
import { isThere } from '../../system/look.ts';
import {
  keptOverlayPaths,
  listKept,
  moveIfThere,
  type KeptOverlay,
  type KeptPlaces,
} from './list.ts';
import { keepOverlay } from './keep.ts';
import { finishInterrupted } from './recover.ts';
import { keepLayers } from '../layer-sets.ts';
import { copyRecord } from '../overlay-record.ts';

/**
 * Keeps the private file and puts another file, from the same file system, under its
 * name. The old one gets its second name first, and the new one replaces it in one step:
 * killed at any moment there is a private file, the old one or the new one. What belongs
 * to the new one (record, keys, memory) is the caller's. Throws `cannot-create`.
 */
export async function exchangeOverlay(
  places: KeptPlaces,
  privateFile: string,
  replacement: string,
  now: Date,
  madeRoomFor?: string,
): Promise<KeptOverlay> {
  await finishInterrupted(places, privateFile);
  try {
    const name = await makeTwin(places, privateFile, now, madeRoomFor);
    if (name === undefined) {
      const kept = await keepOverlay(places, privateFile, now, madeRoomFor);
      await rename(replacement, privateFile);
      return kept;
    }
    await rename(replacement, privateFile);
    // What the old one had in memory fits it alone.
    await removeCompanions(privateFile);
    await syncFolder(dirname(privateFile));
    const kept = (await listKept(places, privateFile)).find((each) => each.name === name);
    if (kept === undefined) throw new Error(`${name} has no overlay after the move`);
    return kept;
  } catch (error) {
    await finishInterrupted(places, privateFile).catch(() => {});
    throw describeMoveFailure(error, privateFile);
  }
}

/** Codes of file systems that have no second names, or no more of them. */
const linklessCodes = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Keeps the private file under a second name; undefined where the file system has none. */
async function makeTwin(
  places: KeptPlaces,
  privateFile: string,
  now: Date,
  madeRoomFor: string | undefined,
): Promise<string | undefined> {
  const folder = await makeKeptFolder(places, privateFile, now, madeRoomFor);
  try {
    const both = keptOverlayPaths(folder, privateFile);
    await copyRecord(privateFile, both.inside);
    const place = await atEitherPlace(both, async (to) => {
      // First: what has two names is never taken for something on its way back.
      await twinEntry(privateFile, to);
      await linkCompanions(privateFile, to);
    });
    if (await isThere(`${privateFile}.vmstate.json`)) await keepLayers(places, folder);
    await moveIfThere(places.sshDir, join(folder, 'ssh'));
    await syncFolder(dirname(place));
    return basename(folder);
  } catch (error) {
    if (!linklessCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await finishInterrupted(places, privateFile);
    return undefined;
  }
}
