import { restoreSnapshot } from '../../image/snapshot-moves.ts';
import { findSnapshot, type Snapshot } from '../../image/snapshots.ts';
import type { KeptOverlay } from '../../image/set-aside/list.ts';
import type { PrunedOverlays } from '../../image/set-aside/prune.ts';
import { checkMovable } from '../../image/set-aside/purge.ts';
import { suspendedFiles } from '../../vmstate/suspended.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { holdStoppedMachine } from '../launch/hold-machine.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { pruneAside } from './prune-set-aside.ts';
import { announceMemory, readFittingMemory } from './snapshot-memory.ts';

/** A private file that is as it was in a snapshot. */
export interface RestoredSnapshot {
  readonly snapshot: Snapshot;
  /** What was there, which is kept; undefined where nothing was. */
  readonly kept: KeptOverlay | undefined;
  /** Its memory is restored, too: the next start goes on from there. */
  readonly resumes: boolean;
  /** What was set aside long ago, and has been deleted now. */
  readonly pruned: PrunedOverlays;
}

/**
 * Puts a machine that is off back to a snapshot; one whose memory is in it is suspended afterwards.
 * Throws `machine-running`, `machine-busy`, `snapshot-unknown`, and what moving files throws.
 */
export async function restoreToSnapshot(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  name: string,
): Promise<RestoredSnapshot> {
  const { privateFile } = located.config;
  await checkMovable(privateFile);
  const held = await holdStoppedMachine(context, located, 'It cannot be put back');
  try {
    const snapshot = await findSnapshot(privateFile, name);
    const manifest = await readFittingMemory(snapshot);
    const files = suspendedFiles(privateFile);
    const announce = async (): Promise<void> => {
      if (manifest === undefined) return;
      await announceMemory(privateFile, manifest, snapshot, located.paths);
    };
    const kept = await restoreSnapshot(located.paths, privateFile, snapshot, {
      now: context.now(),
      signal: context.signal,
      memory: manifest === undefined ? undefined : { state: files.state, announce },
    });
    const resumes = manifest !== undefined;
    const pruned = await pruneAside(context, globals, located);
    return { snapshot, kept, resumes, pruned };
  } finally {
    await held.release();
  }
}
