import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UtopiaError } from '../errors.ts';
import { describeMoveFailure, moveCompanions, moveEntry } from './kept-entries.ts';
import { exchangeOverlay } from './kept-exchange.ts';
import { isThere, listKept, moveIfThere, type KeptOverlay, type KeptPlaces } from './kept-list.ts';
import { dropKeptFolder } from './kept-moves.ts';
import { finishInterrupted } from './kept-repair.ts';
import { returnLayers } from './layer-sets.ts';
import { copyRecord } from './overlay-record.ts';

/**
 * Brings a kept overlay back to the private file's place, the current one being
 * put aside in turn: so an undo can itself be undone, and nothing is overwritten.
 * It is the newest, or, one step further back at each call, the newest that was not
 * itself put aside by a return. Throws `overlay-missing` when nothing is kept.
 */
export async function bringBack(
  places: KeptPlaces,
  privateFile: string,
  now: Date,
  which: 'newest' | 'further-back' = 'newest',
): Promise<{ readonly returned: KeptOverlay; readonly putAside: KeptOverlay | undefined }> {
  await finishInterrupted(places, privateFile);
  const kept = await listKept(places, privateFile);
  const last = kept.at(-1);
  const newest =
    which === 'newest' ? last : kept.findLast(({ note }) => note.madeRoomFor === undefined);
  if (newest === undefined) {
    const undone = last !== undefined;
    throw new UtopiaError(
      'overlay-missing',
      undone
        ? `Every reset and restore of ${privateFile} has been taken back.`
        : `Nothing is kept of ${privateFile}.`,
      {
        hint: undone
          ? 'To swap with what was put aside last: utopia reset --undo'
          : 'utopia up starts the machine as it is.',
      },
    );
  }
  const occupied = await isThere(privateFile);
  // An undo that was killed after it had made room goes on where it was.
  const wanted = occupied ? undefined : kept.find(({ name }) => name === last?.note.madeRoomFor);
  const returned = wanted ?? newest;
  try {
    const putAside = occupied
      ? await exchangeOverlay(places, privateFile, returned.overlay, now, returned.name)
      : undefined;
    if (!occupied) {
      // Keys of an overlay that somebody deleted by hand belong to nothing any more.
      await rm(places.sshDir, { recursive: true, force: true });
      await moveEntry(returned.overlay, privateFile);
    }
    await copyRecord(join(returned.folder, basename(privateFile)), privateFile);
    await returnLayers(places, returned.folder);
    await moveCompanions(returned.overlay, privateFile);
    await moveIfThere(join(returned.folder, 'ssh'), places.sshDir);
    await dropKeptFolder(returned);
    return { returned, putAside };
  } catch (error) {
    throw describeMoveFailure(error, privateFile);
  }
}
