import { cp, mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  draftPath,
  placeFile,
  removeDrafts,
  syncFolder,
  writeFileAtomically,
} from '../atomic-file.ts';
import { UtopiaError } from '../errors.ts';
import { copyDisk } from './copy-disk.ts';
import { isThere, type KeptOverlay, type KeptPlaces } from './kept-list.ts';
import { keepOverlay } from './kept-moves.ts';
import { copyRecord } from './overlay-record.ts';
import { occupiedBytes } from './purge.ts';

/** What stands in `snapshot.json` of a snapshot's folder. */
export interface SnapshotNote {
  readonly schema: 1;
  readonly name: string;
  /** What the user wrote about it. */
  readonly text?: string | undefined;
  /** ISO 8601. */
  readonly savedAt: string;
  /** Name of the snapshot that the private file was restored from, or saved as, last. */
  readonly parent?: string | undefined;
}

/** A whole copy of a private file: it depends on the image alone. */
export interface Snapshot extends SnapshotNote {
  readonly folder: string;
  /** Path of the copied private file. */
  readonly disk: string;
  /** Bytes on disk, as the file system counts them; shared blocks count in full. */
  readonly allocatedBytes: number;
}

const noteName = 'snapshot.json';

/** Folder of the snapshots of a private file: beside it, so that a file system which shares blocks can. */
export function snapshotsFolder(privateFile: string): string {
  return `${privateFile}.snapshots`;
}

/** Where the name stands of the snapshot that the private file goes back to; a reset moves it along. */
function parentFile(privateFile: string): string {
  return `${privateFile}.parent`;
}

/** What is made or deleted has such a name meanwhile; the next save removes what was cut short. */
function draftBase(privateFile: string): string {
  return join(snapshotsFolder(privateFile), 'snapshot');
}

/** A name that is a folder's name as well, on every file system, and no option. */
export function checkSnapshotName(name: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(name)) return;
  throw new UtopiaError('usage', `${JSON.stringify(name)} cannot be a snapshot's name.`, {
    hint: 'Letters, digits, _ . and - are allowed, at most 64, no . or - at the start.',
  });
}

/** The snapshots of a private file, oldest first. */
export async function listSnapshots(privateFile: string): Promise<Snapshot[]> {
  const parent = snapshotsFolder(privateFile);
  const snapshots: Snapshot[] = [];
  for (const name of await readdir(parent).catch((): string[] => [])) {
    if (name.startsWith('.')) continue;
    const folder = join(parent, name);
    const note = await readNote(folder);
    if (note === undefined) continue;
    const disk = join(folder, 'disk.qcow2');
    snapshots.push({ ...note, name, folder, disk, allocatedBytes: await occupiedBytes(disk) });
  }
  return snapshots.toSorted((a, b) => a.savedAt.localeCompare(b.savedAt));
}

async function readNote(folder: string): Promise<SnapshotNote | undefined> {
  try {
    const note = JSON.parse(await readFile(join(folder, noteName), 'utf8')) as SnapshotNote;
    return note.schema === 1 && typeof note.savedAt === 'string' ? note : undefined;
  } catch {
    return undefined;
  }
}

/** The snapshot of this name. Throws `snapshot-unknown`. */
export async function findSnapshot(privateFile: string, name: string): Promise<Snapshot> {
  const all = await listSnapshots(privateFile);
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new UtopiaError('snapshot-unknown', `There is no snapshot ${JSON.stringify(name)}.`, {
    details: all.length === 0 ? [] : [`There are: ${all.map((each) => each.name).join(', ')}`],
    hint: all.length === 0 ? 'utopia snapshot save' : 'utopia snapshot list',
  });
}

/**
 * Copies the private file of a machine that is off, with its record and the host
 * keys of its guest. The folder gets its name when all of it is on the disk:
 * killed at any moment there is a whole snapshot or none, and the private file is
 * only read. Throws `file-exists`, `disk-full`, `cannot-create`.
 */
export async function saveSnapshot(
  { sshDir }: Pick<KeptPlaces, 'sshDir'>,
  privateFile: string,
  note: Pick<SnapshotNote, 'name' | 'text'>,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<Snapshot> {
  const { name } = note;
  checkSnapshotName(name);
  const folder = join(snapshotsFolder(privateFile), name);
  if (await isThere(folder)) {
    throw new UtopiaError('file-exists', `There is a snapshot ${JSON.stringify(name)} already.`, {
      hint: `Take another name, or first: utopia snapshot remove ${name}`,
    });
  }
  await mkdir(snapshotsFolder(privateFile), { recursive: true, mode: 0o700 });
  await removeDrafts(draftBase(privateFile));
  const draft = draftPath(draftBase(privateFile));
  try {
    await mkdir(draft, { mode: 0o700 });
    const disk = join(draft, 'disk.qcow2');
    await copyDisk(privateFile, disk, signal);
    await copyRecord(privateFile, disk);
    await cp(sshDir, join(draft, 'ssh'), { recursive: true }).catch(ignoreMissing);
    const parent = await readParent(privateFile);
    const whole: SnapshotNote = { schema: 1, ...note, savedAt: now.toISOString(), parent };
    await writeFileAtomically(join(draft, noteName), `${JSON.stringify(whole, undefined, 2)}\n`);
    await rename(draft, folder);
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
 * Puts a copy of the snapshot in the private file's place; what was there is kept
 * like what a reset puts aside. The copy is whole before anything is moved: killed
 * before that, nothing has changed, and after it, `bringBack` has what was there.
 */
export async function restoreSnapshot(
  places: KeptPlaces,
  privateFile: string,
  snapshot: Snapshot,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<KeptOverlay | undefined> {
  await removeDrafts(privateFile);
  const draft = draftPath(privateFile);
  try {
    await copyDisk(snapshot.disk, draft, signal);
    const kept = (await isThere(privateFile))
      ? await keepOverlay(places, privateFile, now)
      : undefined;
    await copyRecord(snapshot.disk, privateFile);
    await rm(places.sshDir, { recursive: true, force: true });
    await cp(join(snapshot.folder, 'ssh'), places.sshDir, { recursive: true }).catch(ignoreMissing);
    if (!(await placeFile(draft, privateFile))) throw new Error('it has appeared meanwhile');
    await writeFileAtomically(parentFile(privateFile), snapshot.name);
    return kept;
  } catch (error) {
    throw describeFailure(error, privateFile);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Deletes a snapshot for good: first its name, in one step. No other one depends on it. */
export async function removeSnapshot(privateFile: string, snapshot: Snapshot): Promise<void> {
  const draft = draftPath(draftBase(privateFile));
  await rename(snapshot.folder, draft);
  await rm(draft, { recursive: true, force: true });
  // The folder goes with the last one.
  await rmdir(snapshotsFolder(privateFile)).catch(() => {});
}

async function readParent(privateFile: string): Promise<string | undefined> {
  return await readFile(parentFile(privateFile), 'utf8').catch(() => undefined);
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function describeFailure(error: unknown, path: string): unknown {
  if (error instanceof UtopiaError || !(error instanceof Error) || error.name === 'AbortError') {
    return error;
  }
  const { code } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new UtopiaError(
    full ? 'disk-full' : 'cannot-create',
    full ? `No room to make ${path}.` : `Cannot make ${path}: ${error.message}`,
    { hint: full ? 'Free some space there.' : 'Look at the modes of its folder.', cause: error },
  );
}
