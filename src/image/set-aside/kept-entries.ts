import {
  copyFile,
  link,
  lstat,
  mkdir,
  readlink,
  rename,
  rm,
  symlink,
  unlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { syncFolder, writeFileAtomically } from '../../system/atomic-file.ts';
import { UtopiaError } from '../../errors.ts';
import { isThere } from '../../system/look.ts';
import { moveIfThere, noteName, type KeptNote, type KeptPlaces } from './list.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { describeUnmade } from '../../system/out-of-space.ts';

/**
 * What goes where a disk goes: the saved state of a suspended machine
 * (vmstate/suspended.ts), and the name of the snapshot it was made from (snapshots.ts). The
 * manifest stands first: a state without it counts for nothing.
 */
const companions = ['.vmstate.json', '.vmstate', '.parent'];

/** Makes the folder of an overlay that is to be set aside, and its note. */
export async function makeKeptFolder(
  { keptDir }: Pick<KeptPlaces, 'keptDir'>,
  privateFile: string,
  now: Date,
  madeRoomFor: string | undefined,
): Promise<string> {
  const folder = await makeFolderOfMoment(keptDir, now);
  const note: KeptNote = {
    ...{ schema: 1, path: privateFile, keptAt: now.toISOString() },
    ...(madeRoomFor === undefined ? {} : { madeRoomFor }),
  };
  await writeFileAtomically(join(folder, noteName), `${JSON.stringify(note, undefined, 2)}\n`);
  return folder;
}

async function makeFolderOfMoment(keptDir: string, now: Date): Promise<string> {
  await makeFolder(keptDir, { mode: 0o700 });
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

/** Moves what goes with a disk; what stands in its way is replaced, and also goes where nothing comes. */
export async function moveCompanions(from: string, to: string): Promise<void> {
  await removeCompanions(to);
  // The manifest last: it counts when all of it is there.
  for (const suffix of companions.toReversed()) await moveIfThere(from + suffix, to + suffix);
}

/** Deletes what goes with a disk. */
export async function removeCompanions(of: string): Promise<void> {
  for (const suffix of companions) await rm(of + suffix, { force: true });
}

/**
 * Gives what goes with a disk second names, or copies it where there are none. Nothing
 * writes into these files: they are replaced.
 */
export async function linkCompanions(from: string, to: string): Promise<void> {
  for (const suffix of companions) {
    if (!(await isThere(from + suffix))) continue;
    await link(from + suffix, to + suffix).catch(
      async () => await copyFile(from + suffix, to + suffix),
    );
  }
}

/** Renames a file; of a symbolic link the link alone moves, still pointing to the same file. */
export async function moveEntry(from: string, to: string): Promise<void> {
  const target = await linkTarget(from);
  if (target !== undefined) {
    await symlink(target, to);
    await unlink(from);
  } else {
    await rename(from, to);
  }
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
}

/** Gives a file a second name; of a symbolic link a second one is made, to the same file. */
export async function twinEntry(from: string, to: string): Promise<void> {
  const target = await linkTarget(from);
  if (target !== undefined) await symlink(target, to);
  else await link(from, to);
  await syncFolder(dirname(to));
}

/** Absolute path that a symbolic link leads to; undefined for anything else. */
export async function linkTarget(path: string): Promise<string | undefined> {
  if (!(await lstat(path)).isSymbolicLink()) return undefined;
  return resolve(dirname(path), await readlink(path));
}

/**
 * Does something at the inner place of a kept overlay, or, where that is on another
 * file system, at the one beside the private file; gives the place.
 */
export async function atEitherPlace(
  { inside, beside }: { readonly inside: string; readonly beside: string },
  act: (place: string) => Promise<void>,
): Promise<string> {
  try {
    await act(inside);
    return inside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await makeFolder(dirname(beside), { mode: 0o700 });
    await act(beside);
    return beside;
  }
}

/** The error of a move, for its user. */
export function describeMoveFailure(error: unknown, privateFile: string): unknown {
  if (error instanceof UtopiaError || !(error instanceof Error)) return error;
  const hint = 'Look at the modes of its folder and at the free space; nothing was lost.';
  return describeUnmade(`Cannot move ${privateFile}`, privateFile, error, hint);
}
