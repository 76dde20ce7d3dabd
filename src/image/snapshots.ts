import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { draftPath } from '../system/atomic-file.ts';
import { UtopiaError } from '../errors.ts';
import { isThere } from '../system/look.ts';
import { layerBytes, layersIn } from './layers-folder.ts';
import { occupiedBytes } from './set-aside/purge.ts';
import { readKnown } from '../system/json-file.ts';
import { aNumber, aText, aTime, maybe, object, oneOf } from '../text/shape.ts';

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

/** The name is the folder's, whatever stands in the note. */
const noteShape = object({
  schema: oneOf(1),
  name: aText,
  text: maybe(aText),
  savedAt: aTime,
  parent: maybe(aText),
});

/** What a machine had in memory when its snapshot was saved. */
export interface SnapshotMemory {
  /** Path of the state that QEMU has written; nobody writes to it again. */
  readonly state: string;
  /** Path of what the state goes with: see vmstate/manifest.ts. */
  readonly manifest: string;
  /** Bytes on disk, with the layers of exercise disks that it goes with. */
  readonly allocatedBytes: number;
}

/** A whole copy of a private file: it depends on the image alone. */
export interface Snapshot extends SnapshotNote {
  readonly folder: string;
  /** Path of the copied private file. */
  readonly disk: string;
  /** Absent where the machine was off. */
  readonly memory?: SnapshotMemory | undefined;
  /** Bytes on disk of disk and memory, as the file system counts them; shared blocks count in full. */
  readonly allocatedBytes: number;
}

/** The files of a snapshot by what is in them; `state` and `manifest` are there together or not at all. */
export interface SnapshotFiles {
  readonly note: string;
  readonly disk: string;
  readonly sshDir: string;
  readonly state: string;
  readonly manifest: string;
  /** Folder of the layers of exercise disks; there with the memory alone. */
  readonly layersDir: string;
}

/** Where a snapshot's files are in its folder. */
export function snapshotFiles(folder: string): SnapshotFiles {
  return {
    note: join(folder, 'snapshot.json'),
    disk: join(folder, 'disk.qcow2'),
    sshDir: join(folder, 'ssh'),
    state: join(folder, 'memory.vmstate'),
    manifest: join(folder, 'memory.vmstate.json'),
    layersDir: layersIn(folder),
  };
}

/** Folder of the snapshots of a private file: beside it, so that a file system which shares blocks can. */
export function snapshotsFolder(privateFile: string): string {
  return `${privateFile}.snapshots`;
}

/** Where the name stands of the snapshot that the private file goes back to; a reset moves it along. */
export function parentFile(privateFile: string): string {
  return `${privateFile}.parent`;
}

/** What is made or deleted has such a name meanwhile; the next save removes what was cut short. */
export function draftBase(privateFile: string): string {
  return join(snapshotsFolder(privateFile), 'snapshot');
}

/** `2026-11-23-141503` (UTC): a name for a snapshot of this moment. */
export function snapshotNameOf(now: Date): string {
  return now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
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
    const { disk } = snapshotFiles(folder);
    const memory = await findMemory(folder);
    const allocatedBytes = (await occupiedBytes(disk)) + (memory?.allocatedBytes ?? 0);
    snapshots.push({ ...note, name, folder, disk, memory, allocatedBytes });
  }
  return snapshots.toSorted((a, b) => a.savedAt.localeCompare(b.savedAt));
}

async function findMemory(folder: string): Promise<SnapshotMemory | undefined> {
  const { state, manifest, layersDir } = snapshotFiles(folder);
  if (!(await isThere(manifest))) return undefined;
  const allocatedBytes = (await occupiedBytes(state)) + (await layerBytes(layersDir));
  return { state, manifest, allocatedBytes };
}

/**
 * The note of a snapshot; undefined where there is no snapshot, or one of another version. A note
 * that is damaged is made up from the disk: the folder has its name only since all of it is whole.
 */
async function readNote(folder: string): Promise<SnapshotNote | undefined> {
  const files = snapshotFiles(folder);
  const note = await readKnown(files.note, noteShape);
  if (note !== undefined) return note;
  const other = await readKnown(files.note, object({ schema: aNumber }));
  if (other !== undefined && other.schema !== 1) return undefined;
  const disk = await stat(files.disk).catch(() => undefined);
  if (disk?.isFile() !== true) return undefined;
  return { schema: 1, name: basename(folder), savedAt: disk.mtime.toISOString() };
}

/** Whether there is anything under the name of a snapshot that is none this version knows. */
export async function isForeignSnapshot(privateFile: string, name: string): Promise<boolean> {
  const parent = snapshotsFolder(privateFile);
  const names = await readdir(parent).catch((): string[] => []);
  return names.includes(name) && (await readNote(join(parent, name))) === undefined;
}

/** What to say of one. */
export function describeForeignSnapshot(privateFile: string, name: string): UtopiaError {
  const folder = join(snapshotsFolder(privateFile), name);
  return new UtopiaError(
    'file-exists',
    `${folder} is there, and is no snapshot that this version of utopia can read.`,
    { hint: 'Install the version that made it, or take another name.' },
  );
}

/** The snapshot of this name. Throws `snapshot-unknown`, or `file-exists` for another version's. */
export async function findSnapshot(privateFile: string, name: string): Promise<Snapshot> {
  const all = await listSnapshots(privateFile);
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  if (await isForeignSnapshot(privateFile, name)) throw describeForeignSnapshot(privateFile, name);
  throw new UtopiaError('snapshot-unknown', `There is no snapshot ${JSON.stringify(name)}.`, {
    details: all.length === 0 ? [] : [`There are: ${all.map((each) => each.name).join(', ')}`],
    hint: all.length === 0 ? 'utopia snapshot save' : 'utopia snapshot list',
  });
}

/** Deletes a snapshot for good: first its name, in one step. No other one depends on it. */
export async function removeSnapshot(privateFile: string, snapshot: Snapshot): Promise<void> {
  const draft = draftPath(draftBase(privateFile));
  await rename(snapshot.folder, draft);
  await rm(draft, { recursive: true, force: true });
  // The folder goes with the last one.
  await rmdir(snapshotsFolder(privateFile)).catch(() => {});
}
