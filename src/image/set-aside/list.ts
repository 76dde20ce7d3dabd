import { cp, lstat, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { MachinePaths } from '../../machine/paths.ts';
import { layerBytes, layersIn } from '../layers-folder.ts';
import { occupiedBytes } from './purge.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { readJson, readKnown } from '../../system/json-file.ts';
import { aText, aTime, maybe, object, oneOf, type Shape } from '../../text/shape.ts';

/** Where a machine keeps overlays, and the host keys and the layers of exercise disks of the current one. */
export type KeptPlaces = Pick<MachinePaths, 'keptDir' | 'sshDir' | 'disksDir'>;

/** What stands in `kept.json` of a kept overlay's folder; written before anything is moved. */
export interface KeptNote {
  readonly schema: 1;
  /** The private file's path, to which it can go back. */
  readonly path: string;
  /** ISO 8601. */
  readonly keptAt: string;
  /** Name of the kept overlay for whose return this one was set aside. */
  readonly madeRoomFor?: string | undefined;
}

const noteShape: Shape<KeptNote> = object({
  schema: oneOf(1),
  path: aText,
  keptAt: aTime,
  madeRoomFor: maybe(aText),
});

/** An overlay that was set aside. */
export interface KeptOverlay {
  /** Name of its folder, made of the time (UTC): names sort by age. */
  readonly name: string;
  /** The folder: note, record, the machine's ssh folder, and mostly the overlay. */
  readonly folder: string;
  /** Where the overlay itself lies. */
  readonly overlay: string;
  readonly note: KeptNote;
  /** Bytes on disk of what its machine had in memory; 0 for one that was off. */
  readonly memoryBytes: number;
  /** Bytes on disk in all, memory and layers of exercise disks among them. */
  readonly allocatedBytes: number;
}

/** Name of the note in the folder of a kept overlay. */
export const noteName = 'kept.json';

/**
 * Where an overlay is kept: in its folder, or, when that is on another file system
 * and a move would be a copy, in a hidden folder beside its place.
 */
export function keptOverlayPaths(
  folder: string,
  privateFile: string,
): { readonly inside: string; readonly beside: string } {
  const name = basename(privateFile);
  return {
    inside: join(folder, name),
    beside: join(dirname(privateFile), '.utopia-kept', basename(folder), name),
  };
}

/** The kept overlays of a private file, oldest first. */
export async function listKept(places: KeptPlaces, privateFile: string): Promise<KeptOverlay[]> {
  const kept: KeptOverlay[] = [];
  const names = await readdir(places.keptDir).catch((): string[] => []);
  for (const name of names.toSorted()) {
    const folder = join(places.keptDir, name);
    const note = await readKeptNote(folder);
    if (note === undefined || note.path !== privateFile) continue;
    const { inside, beside } = keptOverlayPaths(folder, privateFile);
    for (const overlay of [inside, beside]) {
      // A link is kept as a link; what it occupies is its target's.
      if ((await lstat(overlay).catch(() => undefined)) === undefined) continue;
      const memoryBytes = await occupiedBytes(`${overlay}.vmstate`);
      const withMemory = memoryBytes + (await layerBytes(layersIn(folder)));
      const allocatedBytes = (await occupiedBytes(overlay)) + withMemory;
      kept.push({ name, folder, overlay, note, memoryBytes, allocatedBytes });
      break;
    }
  }
  return kept;
}

/** The note in a folder of `keptDir`; undefined when there is none that this version knows. */
export async function readKeptNote(folder: string): Promise<KeptNote | undefined> {
  return await readKnown(join(folder, noteName), noteShape);
}

/** A sentence for each folder whose note cannot be read: of which private file it is, nobody knows. Nothing touches it. */
export async function complainOfKept({ keptDir }: Pick<KeptPlaces, 'keptDir'>): Promise<string[]> {
  const complaints: string[] = [];
  const names = await readdir(keptDir).catch((): string[] => []);
  for (const name of names.toSorted()) {
    const note = join(keptDir, name, noteName);
    const reading = await readJson(note, noteShape);
    if (reading.kind !== 'unreadable') continue;
    complaints.push(
      `${note} cannot be read: ${reading.why} What was set aside there is not listed.`,
    );
  }
  return complaints;
}

/** Renames; returns false when there is nothing to rename. The new place's folder is made. */
export async function moveIfThere(from: string, to: string): Promise<boolean> {
  await makeFolder(dirname(to), { mode: 0o700 });
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
}

/** Copies a folder with all that is in it; nothing where there is none. */
export async function copyIfThere(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
