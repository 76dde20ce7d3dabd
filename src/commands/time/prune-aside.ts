import type { Context, GlobalOptions } from '../../context.ts';
import { keptDays, pruneKept, type PrunedOverlays } from '../../image/prune-kept.ts';
import { countOf, formatBytes } from '../../text/format.ts';
import type { LocatedMachine } from '../locate.ts';

/**
 * After something was put aside: deletes what was long ago, and says so on stderr. The reset or
 * restore is done by then, so that trouble with it is told, not thrown.
 */
export async function pruneAside(
  { terminal, now }: Context,
  globals: GlobalOptions,
  { config, paths }: LocatedMachine,
): Promise<PrunedOverlays> {
  try {
    const pruned = await pruneKept(paths, config.privateFile, now());
    if (pruned.count > 0 && !globals.quiet) {
      const what = countOf(pruned.count, 'overlay');
      terminal.err(
        `Deleted: ${what} put aside more than ${keptDays} days ago, ${formatBytes(pruned.bytes)}.`,
      );
    }
    return pruned;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    terminal.err(`What was put aside long ago could not be deleted: ${reason}`);
    return { count: 0, bytes: 0 };
  }
}
