import type { Context, GlobalOptions } from '../../context.ts';
import { locateMachine } from '../../lifecycle/launch/locate.ts';
import { restoreToSnapshot } from '../../lifecycle/saved/restore-to-snapshot.ts';
import { formatBytes } from '../../text/format.ts';
import { reportSnapshot } from './report-snapshot.ts';

/**
 * `utopia snapshot restore NAME` and `utopia reset --to NAME`. A machine whose memory
 * is in the snapshot is suspended afterwards.
 */
export async function runSnapshotRestore(
  context: Context,
  globals: GlobalOptions,
  name: string,
): Promise<void> {
  const located = await locateMachine(context, globals);
  const { snapshot, kept, resumes, pruned } = await restoreToSnapshot(
    context,
    globals,
    located,
    name,
  );
  const lines = [`${located.config.privateFile} is as it was in ${name}.`];
  if (resumes) lines.push('  Its memory is restored, too: utopia up resumes from there.');
  if (snapshot.memory !== undefined && !resumes) {
    lines.push('  Its memory does not fit its disk any more, and was left out: utopia up boots.');
  }
  if (kept !== undefined) {
    lines.push(
      `  What was there (${formatBytes(kept.allocatedBytes)}) is kept; bring it back: utopia undo`,
    );
  }
  const done = { action: 'restored', snapshot, keptAs: kept?.overlay, resumes, pruned } as const;
  reportSnapshot(context, globals, done, lines);
}
