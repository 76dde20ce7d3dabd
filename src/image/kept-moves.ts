import {
  lstat,
  mkdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { syncFolder, writeFileAtomically } from '../atomic-file.ts';
import { UtopiaError } from '../errors.ts';
import {
  finishInterrupted,
  isThere,
  keptOverlayPaths,
  listKept,
  moveIfThere,
  noteName,
  type KeptNote,
  type KeptOverlay,
  type KeptPlaces,
} from './kept-list.ts';
import { copyRecord, removeRecord } from './overlay-record.ts';

/**
 * Puts the private file aside with all that belongs to it: its record and the
 * machine's ssh folder (host keys, our key's marker). Only renames, whatever the
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
    const folder = await makeKeptFolder(places.keptDir, now);
    const note: KeptNote = {
      ...{ schema: 1, path: privateFile, keptAt: now.toISOString() },
      ...(madeRoomFor === undefined ? {} : { madeRoomFor }),
    };
    await writeFileAtomically(join(folder, noteName), `${JSON.stringify(note, undefined, 2)}\n`);
    const { inside, beside } = keptOverlayPaths(folder, privateFile);
    await copyRecord(privateFile, inside);
    // First the keys: were the overlay gone and they left, a fresh guest's keys would not be believed.
    await moveIfThere(places.sshDir, join(folder, 'ssh'));
    await moveOverlay(privateFile, inside, beside);
    // A suspended machine's memory: killed before it moved, it does not fit what comes to this place.
    const target = (await isThere(inside)) ? inside : beside;
    await moveCompanions(privateFile, target);
    await removeRecord(privateFile);
    const kept = (await listKept(places, privateFile)).find(
      ({ name }) => name === basename(folder),
    );
    if (kept === undefined) throw new Error(`${folder} has no overlay after the move`);
    return kept;
  } catch (error) {
    throw describeFailure(error, privateFile);
  }
}

async function makeKeptFolder(keptDir: string, now: Date): Promise<string> {
  await mkdir(keptDir, { recursive: true, mode: 0o700 });
  for (let ms = now.getTime(); ; ms += 1) {
    const folder = join(keptDir, new Date(ms).toISOString().replaceAll(':', '-'));
    try {
      await mkdir(folder, { mode: 0o700 });
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function moveOverlay(from: string, inside: string, beside: string): Promise<void> {
  try {
    await moveEntry(from, inside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await mkdir(dirname(beside), { recursive: true, mode: 0o700 });
    await moveEntry(from, beside);
  }
}

/**
 * What goes where a disk goes: the saved state of a suspended machine
 * (vmstate/suspended.ts), and the name of the snapshot it was made from (snapshots.ts).
 */
const companions = ['.vmstate', '.vmstate.json', '.parent'];

async function moveCompanions(from: string, to: string): Promise<void> {
  for (const suffix of companions) {
    await rm(to + suffix, { force: true });
    await moveIfThere(from + suffix, to + suffix);
  }
}

/** Renames a file; of a symbolic link the link alone moves, still pointing to the same file. */
async function moveEntry(from: string, to: string): Promise<void> {
  const entry = await lstat(from);
  if (entry.isSymbolicLink()) {
    await symlink(resolve(dirname(from), await readlink(from)), to);
    await unlink(from);
  } else {
    await rename(from, to);
  }
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
}

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
  const putAside = occupied
    ? await keepOverlay(places, privateFile, now, returned.name)
    : undefined;
  try {
    await copyRecord(join(returned.folder, basename(privateFile)), privateFile);
    if (await isThere(privateFile)) throw new Error(`${privateFile} has appeared meanwhile`);
    // Keys of an overlay that somebody deleted by hand belong to nothing any more.
    await rm(places.sshDir, { recursive: true, force: true });
    await moveCompanions(returned.overlay, privateFile);
    await moveEntry(returned.overlay, privateFile);
    await moveIfThere(join(returned.folder, 'ssh'), places.sshDir);
    await dropFolders(returned);
    return { returned, putAside };
  } catch (error) {
    throw describeFailure(error, privateFile);
  }
}

/** Deletes a kept overlay for good; a kept link's target with it. */
export async function deleteKept(kept: KeptOverlay): Promise<void> {
  const target = await realpath(kept.overlay).catch(() => kept.overlay);
  await rm(target, { force: true });
  for (const suffix of ['', ...companions]) {
    await rm(kept.overlay + suffix, { force: true });
  }
  await dropFolders(kept);
}

async function dropFolders(kept: KeptOverlay): Promise<void> {
  await rm(kept.folder, { recursive: true, force: true });
  if (dirname(kept.overlay) === kept.folder) return;
  // The hidden folder beside the private file goes with its last overlay.
  await rmdir(dirname(kept.overlay)).catch(() => {});
  await rmdir(dirname(dirname(kept.overlay))).catch(() => {});
}

function describeFailure(error: unknown, privateFile: string): unknown {
  if (error instanceof UtopiaError || !(error instanceof Error)) return error;
  return new UtopiaError('cannot-create', `Cannot move ${privateFile}: ${error.message}`, {
    hint: 'Look at the modes of its folder and at the free space; nothing was lost.',
    cause: error,
  });
}
