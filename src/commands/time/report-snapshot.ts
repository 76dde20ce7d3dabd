import type { Context, GlobalOptions } from '../../context.ts';
import type { PrunedOverlays } from '../../image/set-aside/prune.ts';
import type { Snapshot } from '../../image/snapshots.ts';

/** What was done with a snapshot, as --json prints it. */
export interface SnapshotReport {
  readonly action: 'saved' | 'restored' | 'removed';
  readonly snapshot: Snapshot;
  /** Where that lies now what a restore has set aside. */
  readonly keptAs?: string | undefined;
  /** Whether the next start goes on from memory. */
  readonly resumes?: boolean | undefined;
  /** What was set aside long ago, and has been deleted now. */
  readonly pruned?: PrunedOverlays | undefined;
}

/** Says what was done: these lines, or one object. */
export function reportSnapshot(
  { terminal }: Context,
  globals: GlobalOptions,
  done: SnapshotReport,
  lines: readonly string[],
): void {
  if (globals.json) terminal.json({ schema: 1, ...done });
  else for (const line of lines) terminal.out(line);
}
