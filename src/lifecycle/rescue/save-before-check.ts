import { snapshotNameOf } from '../../image/snapshots.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { saveStopped } from '../saved/save-snapshot.ts';

/**
 * Saves a machine that is off before e2fsck writes to its disk, and gives the snapshot's name: what
 * was there can be had again. Throws what `saveStopped` throws.
 */
export async function saveBeforeCheck(
  context: LifecycleContext,
  machine: LocatedMachine,
): Promise<string> {
  const name = `before-fsck-${snapshotNameOf(context.now())}`;
  const text = 'utopia rescue --fsck has made it';
  await saveStopped(context, machine, { name, text, replace: false });
  return name;
}
