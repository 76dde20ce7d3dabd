import type { Context, GlobalOptions } from '../../context.ts';
import { checkMovable } from '../../image/set-aside/purge.ts';
import { restoreSnapshot } from '../../image/snapshot-moves.ts';
import { findSnapshot } from '../../image/snapshots.ts';
import { formatBytes } from '../../text/format.ts';
import { suspendedFiles } from '../../vmstate/suspended.ts';
import { holdStoppedMachine } from '../../lifecycle/launch/hold-machine.ts';
import { locateMachine } from '../../lifecycle/launch/locate.ts';
import { pruneAside } from '../../lifecycle/saved/prune-set-aside.ts';
import { reportSnapshot } from './report-snapshot.ts';
import { announceMemory, readFittingMemory } from '../../lifecycle/saved/snapshot-memory.ts';

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
    const lines = [`${privateFile} is as it was in ${name}.`];
    if (resumes) lines.push('  Its memory is restored, too: utopia up resumes from there.');
    if (snapshot.memory !== undefined && !resumes) {
      lines.push('  Its memory does not fit its disk any more, and was left out: utopia up boots.');
    }
    if (kept !== undefined) {
      lines.push(
        `  What was there (${formatBytes(kept.allocatedBytes)}) is kept; bring it back: utopia undo`,
      );
    }
    const pruned = await pruneAside(context, globals, located);
    const done = { action: 'restored', snapshot, keptAs: kept?.overlay, resumes, pruned } as const;
    reportSnapshot(context, globals, done, lines);
  } finally {
    await held.release();
  }
}
