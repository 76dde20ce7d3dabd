import { UtopiaError } from '../../errors.ts';
import { deleteKept, keepOverlay } from '../../image/set-aside/keep.ts';
import { listKept, type KeptOverlay } from '../../image/set-aside/list.ts';
import type { PrunedOverlays } from '../../image/set-aside/prune.ts';
import { checkDeletable, occupiedBytes } from '../../image/set-aside/purge.ts';
import { finishInterrupted } from '../../image/set-aside/recover.ts';
import { isThere } from '../../system/look.ts';
import { countOf, formatBytes } from '../../text/format.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { pruneAside } from './prune-set-aside.ts';

type ResetContext = Pick<LifecycleContext, 'asker' | 'now' | 'signal'>;

/** Changes that were set aside. */
export interface SetAside {
  /** Where the overlay lies now. */
  readonly overlay: string;
  readonly bytes: number;
  /** What was set aside long ago, and has been deleted now. */
  readonly pruned: PrunedOverlays;
}

/**
 * Sets the changes of a machine aside, which is held; undefined where it has none. `yes` answers the
 * question. Throws `consent-needed`.
 */
export async function setChangesAside(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  yes: boolean,
): Promise<SetAside | undefined> {
  const { privateFile } = located.config;
  if (!(await isThere(privateFile))) return undefined;
  const bytes = await occupiedBytes(privateFile);
  await agree(context, `Put ${privateFile} (${formatBytes(bytes)}) aside and start afresh?`, yes);
  const { overlay } = await keepOverlay(located.paths, privateFile, context.now());
  return { overlay, bytes, pruned: await pruneAside(context, globals, located) };
}

/**
 * Deletes the changes of a held machine, and those that were set aside, if a person agrees to that,
 * too. Gives the bytes; undefined where there was nothing. Throws `consent-needed`.
 */
export async function deleteChanges(
  context: ResetContext,
  { config, paths }: LocatedMachine,
  yes: boolean,
): Promise<number | undefined> {
  await finishInterrupted(paths, config.privateFile);
  const present = await isThere(config.privateFile);
  const earlier = await listKept(paths, config.privateFile);
  if (!present && earlier.length === 0) return undefined;
  let deletedBytes = 0;
  if (present) {
    await checkDeletable(config.privateFile);
    const bytes = await occupiedBytes(config.privateFile);
    const question = `Delete ${config.privateFile} (${formatBytes(bytes)}) for good?`;
    await agree(context, question, yes);
    // Out of the way in one step first: killed while it deletes, no half overlay is in place.
    await deleteKept(await keepOverlay(paths, config.privateFile, context.now()));
    deletedBytes += bytes;
  }
  if (earlier.length > 0 && (await agreesToDelete(context, earlier, yes))) {
    for (const kept of earlier) await deleteKept(kept);
    deletedBytes += totalBytes(earlier);
  }
  return deletedBytes;
}

async function agreesToDelete(
  context: ResetContext,
  earlier: readonly KeptOverlay[],
  yes: boolean,
): Promise<boolean> {
  const what = `${countOf(earlier.length, 'overlay')} kept by earlier resets`;
  return await context.asker.confirm(
    `Delete the ${what} too (${formatBytes(totalBytes(earlier))})?`,
    { assumeYes: yes, signal: context.signal },
  );
}

async function agree(context: ResetContext, question: string, yes: boolean): Promise<void> {
  const options = { assumeYes: yes, signal: context.signal };
  if (await context.asker.confirm(question, options)) return;
  throw new UtopiaError('consent-needed', 'Nothing was changed.');
}

/** Bytes on the disk, all of them. */
export function totalBytes(kept: readonly KeptOverlay[]): number {
  return kept.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
}
