import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { linkTarget, moveCompanions, removeCompanions } from './kept-entries.ts';
import { isThere } from '../../system/look.ts';
import {
  keptOverlayPaths,
  listKept,
  moveIfThere,
  readKeptNote,
  type KeptOverlay,
  type KeptPlaces,
} from './list.ts';
import { returnLayers } from '../layer-sets.ts';

/**
 * Finishes what a killed reset, restore or undo left half done. An overlay that is kept
 * and in place as well was not set aside yet: its second name goes. A folder without an
 * overlay has given it back: what belongs to it follows. Host keys go back
 * to the machine unless it has new ones.
 */
export async function finishInterrupted(places: KeptPlaces, privateFile: string): Promise<void> {
  const whole = new Set<string>();
  for (const kept of await listKept(places, privateFile)) {
    if (await isSameEntry(kept.overlay, privateFile)) await dropTwin(places, kept);
    else whole.add(kept.name);
  }
  for (const name of await readdir(places.keptDir).catch((): string[] => [])) {
    const folder = join(places.keptDir, name);
    if (whole.has(name) || (await readKeptNote(folder))?.path !== privateFile) continue;
    await giveKeysBack(places, folder);
    const { inside, beside } = keptOverlayPaths(folder, privateFile);
    const free = await lacksMemory(privateFile);
    for (const place of [inside, beside]) {
      const there = await isThere(`${place}.vmstate.json`);
      if (!free || !there) continue;
      await returnLayers(places, folder);
      await moveCompanions(place, privateFile);
    }
    await rm(folder, { recursive: true, force: true });
    await dropEmptyFolders(beside);
  }
}

/** Whether no machine was suspended here since: a manifest with two names is kept elsewhere, too. */
async function lacksMemory(privateFile: string): Promise<boolean> {
  const manifest = await lstat(`${privateFile}.vmstate.json`).catch(() => undefined);
  return manifest === undefined || manifest.nlink > 1;
}

/** Two names of one file, or two symbolic links to one. */
async function isSameEntry(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => lstat(path).catch(() => undefined)));
  if (a === undefined || b === undefined) return false;
  if (a.ino === b.ino && a.dev === b.dev) return true;
  if (!a.isSymbolicLink() || !b.isSymbolicLink()) return false;
  return (await linkTarget(one)) === (await linkTarget(other));
}

async function dropTwin(places: KeptPlaces, { folder, overlay }: KeptOverlay): Promise<void> {
  await giveKeysBack(places, folder);
  await removeCompanions(overlay);
  await rm(overlay, { force: true });
  await rm(folder, { recursive: true, force: true });
  if (dirname(overlay) !== folder) await dropEmptyFolders(overlay);
}

async function giveKeysBack({ sshDir }: KeptPlaces, folder: string): Promise<void> {
  if (!(await isThere(sshDir))) await moveIfThere(join(folder, 'ssh'), sshDir);
}

/** The hidden folder beside a private file goes with its last overlay. */
export async function dropEmptyFolders(beside: string): Promise<void> {
  await rmdir(dirname(beside)).catch(() => {});
  await rmdir(dirname(dirname(beside))).catch(() => {});
}
