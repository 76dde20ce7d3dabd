import { requireKeptCrash } from '../../crash/find-kept-crash.ts';
import { listKeptCrashes } from '../../crash/kept-crash.ts';
import { UtopiaError } from '../../errors.ts';
import { lockMachine } from '../../machine/lock.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { forgetCrash } from './keep-crash.ts';

/** A crash may be being kept. */
const lockWaitMs = 5_000;

/** The numbers of crashes that are gone, and the bytes that their dumps had on the disk. */
export interface RemovedCrashes {
  readonly removed: readonly number[];
  readonly bytes: number;
}

/**
 * Removes kept crashes of a machine, those whose record is damaged too, with the snapshots that were
 * made with them. Throws `usage` for an empty list, `crash-unknown` before anything is removed, `machine-busy`.
 */
export async function removeCrashes(
  { signal }: Pick<LifecycleContext, 'signal'>,
  { paths, config }: Pick<LocatedMachine, 'paths' | 'config'>,
  wanted: readonly number[] | 'all',
): Promise<RemovedCrashes> {
  const { crashes, damaged } = await listKeptCrashes(paths.crashesDir);
  const known = new Set([...crashes, ...damaged].map(({ number }) => number));
  const removed = [...(wanted === 'all' ? known : new Set(wanted))];
  const unknown = removed.find((number) => !known.has(number));
  if (unknown !== undefined) await requireKeptCrash(paths, unknown);
  if (removed.length === 0) {
    if (wanted === 'all') return { removed, bytes: 0 };
    throw new UtopiaError('usage', 'Which crash?', { hint: 'utopia crash list' });
  }
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal });
  let bytes = 0;
  try {
    for (const number of removed) {
      const crash = crashes.find((each) => each.number === number);
      await forgetCrash(paths.crashesDir, config.privateFile, crash ?? { number });
      bytes += crash?.bytes ?? 0;
    }
  } finally {
    await lock.release();
  }
  return { removed, bytes };
}
