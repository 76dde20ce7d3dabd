import { join } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import type { LeftOut } from './archive-tree.ts';
import type { ThrowawayMachine } from './copy-folder.ts';
import { copyOut } from './copy-out.ts';
import type { CopyRun } from './copy-run.ts';
import { watchForLoss } from '../watch/session-loss.ts';
import type { StartedCopy } from './start-copy.ts';

/** What became of --copy-out. */
export interface BroughtBack {
  readonly notCopied: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** Why nothing, or not all, was brought back. */
  readonly failure?: UtopiaError;
}

/** Without --timeout: a gigabyte through the agent of an emulated guest takes a minute or two. */
const usualMs = 600_000;
/** With it, what is left of that, and at least this: a command that just made it gets its files. */
const leastMs = 30_000;

/**
 * Brings back what a command has written that came to its end. What goes wrong is part of the
 * run's verdict. Throws the signal's reason.
 */
export async function bringBack(
  context: LifecycleContext,
  { paths }: ThrowawayMachine,
  { channel, session }: StartedCopy,
  { copyOut: wanted, maxCopyOutBytes, timeoutMs }: CopyRun,
  commandMs: number,
): Promise<BroughtBack> {
  const watch = watchForLoss(session, paths, 'its files were being copied back');
  try {
    const { missing, leftOut } = await copyOut(context, channel, {
      paths: wanted,
      // Goes with the copy, also when this process is killed.
      draft: join(paths.stateDir, 'copy-out'),
      maxBytes: maxCopyOutBytes,
      timeoutMs: timeoutMs === undefined ? usualMs : Math.max(leastMs, timeoutMs - commandMs),
      lost: watch.lost,
    });
    return { notCopied: missing, leftOut };
  } catch (error) {
    if (!(error instanceof UtopiaError)) throw error;
    return { notCopied: wanted, leftOut: [], failure: error };
  } finally {
    watch.stop();
  }
}
