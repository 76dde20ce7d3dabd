import type { Context, GlobalOptions } from '../../context.ts';
import { snapshotNameOf } from '../../image/snapshots.ts';
import { locateMachine } from '../../lifecycle/launch/locate.ts';
import { saveRunning, saveStopped } from '../../lifecycle/saved/save-snapshot.ts';
import { findRunning } from '../../machine/state.ts';
import { formatBytes } from '../../text/format.ts';
import { openProgress } from '../../ui/progress.ts';
import { sayInterrupted } from '../report/say-interrupted.ts';
import { reportSnapshot } from './report-snapshot.ts';

export interface SaveOptions {
  /** Undefined for one made of the time. */
  readonly name: string | undefined;
  readonly text: string | undefined;
  /** A snapshot of this name goes when the new one is whole. */
  readonly replace: boolean;
}

/**
 * `utopia snapshot save [NAME]`: a copy of the private file, and of what the machine has in
 * memory where it runs or is suspended. One that runs stands still meanwhile, and goes on.
 */
export async function runSnapshotSave(
  context: Context,
  globals: GlobalOptions,
  options: SaveOptions,
): Promise<void> {
  const located = await locateMachine(context, globals);
  const { name = snapshotNameOf(context.now()), text, replace } = options;
  const note = { name, text, replace };
  const runs = (await findRunning(located.paths)) !== undefined;
  const display = await openProgress(context.terminal, { quiet: globals.quiet || globals.json });
  const stop = sayInterrupted(context.signal, display, 'interrupted: the guest goes on');
  const saving = runs
    ? saveRunning(context, located, note, display)
    : saveStopped(context, located, note);
  const snapshot = await saving.finally(() => {
    stop();
    display.close();
  });
  const size = formatBytes(snapshot.allocatedBytes);
  const part =
    snapshot.memory === undefined
      ? ''
      : `, of which memory ${formatBytes(snapshot.memory.allocatedBytes)}`;
  reportSnapshot(context, globals, { action: 'saved', snapshot }, [
    `Saved as ${note.name} (${size}${part}).`,
    `  Go back   ${runs ? 'utopia down, then ' : ''}utopia snapshot restore ${note.name}`,
    `  Try       utopia run --from ${note.name} -- COMMAND   in a copy of it`,
  ]);
}
