import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { keptDays, pruneKept, type PrunedOverlays } from '../../image/set-aside/prune.ts';
import { countOf, formatBytes } from '../../text/format.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { messageOf } from '../../errors.ts';

/**
 * After something was set aside: deletes what was long ago, and says so on stderr. The reset or
 * restore is done by then, so that trouble with it is told, not thrown.
 */
export async function pruneAside(
  { reporter, now }: LifecycleContext,
  globals: LifecycleOptions,
  { config, paths }: LocatedMachine,
): Promise<PrunedOverlays> {
  try {
    const pruned = await pruneKept(paths, config.privateFile, now());
    if (pruned.count > 0 && !globals.quiet) {
      const what = countOf(pruned.count, 'overlay');
      reporter.line(
        `Deleted: ${what} set aside more than ${keptDays} days ago, ${formatBytes(pruned.bytes)}.`,
      );
    }
    return pruned;
  } catch (error) {
    const reason = messageOf(error);
    reporter.line(`What was set aside long ago could not be deleted: ${reason}`);
    return { count: 0, bytes: 0 };
  }
}
