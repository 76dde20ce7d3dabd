import { lstat } from 'node:fs/promises';
import { listKept, type KeptOverlay, type KeptPlaces } from './list.ts';
import { deleteKept } from './keep.ts';
import { checkDeletable } from './purge.ts';

/** The newest of what was set aside stay whatever their age. */
export const keptCount = 5;
/** What was set aside in these last days stays whatever its number. */
export const keptDays = 14;

const dayMs = 24 * 3600 * 1000;

/** What of these (oldest first) is neither among the newest nor young: it may go. Pure. */
export function choosePrunable(kept: readonly KeptOverlay[], now: Date): KeptOverlay[] {
  const youngFrom = now.getTime() - keptDays * dayMs;
  return kept.slice(0, -keptCount).filter(({ note }) => Date.parse(note.keptAt) < youngFrom);
}

/** What was deleted. */
export interface PrunedOverlays {
  readonly count: number;
  readonly bytes: number;
}

/**
 * Deletes what resets and restores of a private file have set aside long ago. A link's
 * target, and what is no overlay, is somebody's own file and stays. Throws what the system says.
 */
export async function pruneKept(
  places: KeptPlaces,
  privateFile: string,
  now: Date,
): Promise<PrunedOverlays> {
  let count = 0;
  let bytes = 0;
  for (const kept of choosePrunable(await listKept(places, privateFile), now)) {
    if ((await lstat(kept.overlay)).isSymbolicLink()) continue;
    const deletable = await checkDeletable(kept.overlay).then(
      () => true,
      () => false,
    );
    if (!deletable) continue;
    await deleteKept(kept);
    count += 1;
    bytes += kept.allocatedBytes;
  }
  return { count, bytes };
}
