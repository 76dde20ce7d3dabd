import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  draftPath,
  placeFile,
  removeDrafts,
  syncFolder,
  writeFileAtomically,
} from '../system/atomic-file.ts';
import { UtopiaError } from '../errors.ts';
import { isOutOfRoom, reasonOf } from '../system/out-of-space.ts';
import { copyDisk, linkOrCopy } from './copy-disk.ts';
import { isThere } from '../system/look.ts';
import { copyIfThere, type KeptOverlay, type KeptPlaces } from './set-aside/list.ts';
import { exchangeOverlay } from './set-aside/swap.ts';
import { bringLayers, type BroughtLayers } from './layer-sets.ts';
import { copyRecord } from './overlay-record.ts';
import {
  checkSnapshotName,
  draftBase,
  describeForeignSnapshot,
  findSnapshot,
  isForeignSnapshot,
  listSnapshots,
  parentFile,
  removeSnapshot,
  snapshotFiles,
  snapshotsFolder,
  type Snapshot,
  type SnapshotFiles,
  type SnapshotNote,
} from './snapshots.ts';
import { readRegularText } from '../system/regular-file.ts';
import { makeFolder } from '../system/make-folder.ts';

export interface SaveSnapshotOptions {
  readonly now: Date;
  /**
   * Copies the private file to `disk`, and what the machine has in memory to `state`
   * and `manifest`, where there is something.
   */
  readonly fill: (files: SnapshotFiles) => Promise<void>;
  /** Takes the name of a snapshot that is there, and deletes that when the new one is whole. */
  readonly replace?: boolean | undefined;
}

/**
 * Makes a snapshot of a private file: what `fill` copies, its record and the host
 * keys of its guest. The folder gets its name when all of it is on the disk:
 * killed at any moment there is a whole snapshot or none, and the private file is
 * only read. Throws `file-exists` before anything is copied, `disk-full`, `cannot-create`.
 */
export async function saveSnapshot(
  { sshDir }: Pick<KeptPlaces, 'sshDir'>,
  privateFile: string,
  note: Pick<SnapshotNote, 'name' | 'text'>,
  { now, fill, replace = false }: SaveSnapshotOptions,
): Promise<Snapshot> {
  const { name } = note;
  checkSnapshotName(name);
  const folder = join(snapshotsFolder(privateFile), name);
  const before = (await listSnapshots(privateFile)).find((each) => each.name === name);
  if (before === undefined && (await isForeignSnapshot(privateFile, name))) {
    throw describeForeignSnapshot(privateFile, name);
  }
  if ((await isThere(folder)) && !(replace && before !== undefined)) {
    throw new UtopiaError('file-exists', `There is a snapshot ${JSON.stringify(name)} already.`, {
      hint: `Take another name, or replace it: utopia snapshot save --replace ${name}`,
    });
  }
  const draft = draftPath(draftBase(privateFile));
  try {
    await makeFolder(snapshotsFolder(privateFile), { mode: 0o700 });
    await removeDrafts(draftBase(privateFile));
    await mkdir(draft, { mode: 0o700 });
    const files = snapshotFiles(draft);
    await fill(files);
    await copyRecord(privateFile, files.disk);
    await copyIfThere(sshDir, files.sshDir);
    const parent = await readParent(privateFile);
    const whole: SnapshotNote = { schema: 1, ...note, savedAt: now.toISOString(), parent };
    await writeFileAtomically(files.note, `${JSON.stringify(whole, undefined, 2)}\n`);
    if (before === undefined) await rename(draft, folder);
    else await takePlace(draft, before, privateFile);
    await syncFolder(snapshotsFolder(privateFile));
    await writeFileAtomically(parentFile(privateFile), name);
    return await findSnapshot(privateFile, name);
  } catch (error) {
    throw describeFailure(error, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Gives a draft the name of a snapshot, which goes. That is called by its time for the moment
 * between: killed there, it is a snapshot as ever.
 */
async function takePlace(draft: string, before: Snapshot, privateFile: string): Promise<void> {
  const time = before.savedAt.replaceAll(/[:.]/g, '-');
  const older = { ...before, folder: `${before.folder}-${time}` };
  await rename(before.folder, older.folder);
  try {
    await rename(draft, before.folder);
  } catch (error) {
    await rename(older.folder, before.folder);
    throw error;
  }
  await removeSnapshot(privateFile, older);
}

export interface RestoreSnapshotOptions {
  readonly now: Date;
  readonly signal: AbortSignal;
  /** Puts the memory back, too: its state goes to `state`, and counts when `announce` has said so. */
  readonly memory?: { readonly state: string; readonly announce: () => Promise<void> } | undefined;
}

/**
 * Puts a copy of the snapshot in the private file's place, with its memory also the layers of
 * exercise disks in theirs; what was there is kept
 * like what a reset sets aside. The copy is whole before anything is moved, and replaces
 * it in one step: killed at any moment, there is the old private file or the new one. The
 * memory counts last: killed before, there is the disk alone.
 */
export async function restoreSnapshot(
  places: KeptPlaces,
  privateFile: string,
  snapshot: Snapshot,
  { now, signal, memory }: RestoreSnapshotOptions,
): Promise<KeptOverlay | undefined> {
  await removeDrafts(privateFile);
  if (memory !== undefined) await removeDrafts(memory.state);
  let layers: BroughtLayers | undefined;
  const draft = draftPath(privateFile);
  const stateDraft = draftPath(memory?.state ?? privateFile);
  try {
    await copyDisk(snapshot.disk, draft, signal);
    if (memory !== undefined) {
      await linkOrCopy(snapshotFiles(snapshot.folder).state, stateDraft, signal);
      layers = await bringLayers(snapshot.folder, places, signal);
    }
    const kept = (await isThere(privateFile))
      ? await exchangeOverlay(places, privateFile, draft, now)
      : undefined;
    if (kept === undefined && !(await placeFile(draft, privateFile))) {
      throw new Error('it has appeared meanwhile');
    }
    await copyRecord(snapshot.disk, privateFile);
    await rm(places.sshDir, { recursive: true, force: true });
    await copyIfThere(join(snapshot.folder, 'ssh'), places.sshDir);
    if (memory !== undefined) {
      await layers?.place();
      await rename(stateDraft, memory.state);
      await memory.announce();
    }
    await writeFileAtomically(parentFile(privateFile), snapshot.name);
    return kept;
  } catch (error) {
    throw describeFailure(error, privateFile);
  } finally {
    await rm(draft, { force: true });
    await rm(stateDraft, { force: true });
    await layers?.discard();
  }
}

async function readParent(privateFile: string): Promise<string | undefined> {
  return await readRegularText(parentFile(privateFile)).catch(() => undefined);
}

function describeFailure(error: unknown, path: string): unknown {
  if (error instanceof UtopiaError || !(error instanceof Error) || error.name === 'AbortError') {
    return error;
  }
  const full = isOutOfRoom(error);
  return new UtopiaError(
    full ? 'disk-full' : 'cannot-create',
    full ? `No room to make ${path}.` : `Cannot make ${path}: ${reasonOf(error)}`,
    { hint: full ? 'Free some space there.' : 'Look at the modes of its folder.', cause: error },
  );
}
