import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { describeMoveFailure, moveCompanions, moveEntry } from './kept-entries.ts';
import { exchangeOverlay } from './swap.ts';
import { isThere } from '../../system/look.ts';
import {
  complainOfKept,
  type KeptOverlay,
  type KeptPlaces,
  listKept,
  moveIfThere,
} from './list.ts';
import { dropKeptFolder } from './keep.ts';
import { finishInterrupted } from './recover.ts';
import { returnLayers } from '../layer-sets.ts';
import { copyRecord } from '../overlay-record.ts';

/** Which kept overlay: one step further back at each call is the newest that no return has set aside. */
export type WhichKept = 'newest' | 'further-back' | { readonly name: string };

/**
 * Brings a kept overlay back to the private file's place, the current one being
 * set aside in turn: so an undo can itself be undone, and nothing is overwritten.
 * Throws `overlay-missing` when it is not there.
 */
export async function bringBack(
  places: KeptPlaces,
  privateFile: string,
  now: Date,
  which: WhichKept = 'newest',
): Promise<{ readonly returned: KeptOverlay; readonly putAside: KeptOverlay | undefined }> {
  await finishInterrupted(places, privateFile);
  const kept = await listKept(places, privateFile);
  const last = kept.at(-1);
  const chosen = choose(kept, which);
  if (chosen === undefined) {
    throw notKept(kept, privateFile, which, await complainOfKept(places));
  }
  const occupied = await isThere(privateFile);
  // An undo that was killed after it had made room goes on where it was.
  const wanted = occupied ? undefined : kept.find(({ name }) => name === last?.note.madeRoomFor);
  const returned = wanted ?? chosen;
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

function choose(kept: readonly KeptOverlay[], which: WhichKept): KeptOverlay | undefined {
  if (which === 'newest') return kept.at(-1);
  if (which === 'further-back') {
    return kept.findLast(({ note }) => note.madeRoomFor === undefined);
  }
  return kept.find(({ name }) => name === which.name);
}

function notKept(
  kept: readonly KeptOverlay[],
  privateFile: string,
  which: WhichKept,
  complaints: readonly string[],
): UtopiaError {
  if (kept.length === 0) {
    return new UtopiaError('overlay-missing', `Nothing is kept of ${privateFile}.`, {
      details: complaints,
      hint: 'utopia up starts the machine as it is.',
    });
  }
  if (typeof which === 'object') {
    const name = JSON.stringify(which.name);
    return new UtopiaError('overlay-missing', `Nothing was set aside as ${name}.`, {
      details: [`There are: ${kept.map((each) => each.name).join(', ')}`, ...complaints],
      hint: 'utopia snapshot list',
    });
  }
  return new UtopiaError(
    'overlay-missing',
    `Every reset and restore of ${privateFile} has been taken back.`,
    { hint: 'To swap with what was set aside last: utopia reset --undo' },
  );
}
