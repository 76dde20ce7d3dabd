import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { isThere } from '../../image/kept-list.ts';
import { checkMovable } from '../../image/purge.ts';
import {
  findSnapshot,
  listSnapshots,
  removeSnapshot,
  restoreSnapshot,
  saveSnapshot,
  type Snapshot,
} from '../../image/snapshots.ts';
import { formatLocalTime } from '../../local-time.ts';
import { confirm } from '../../ui/ask.ts';
import { formatBytes } from '../../ui/format.ts';
import { readSuspended } from '../../vmstate/suspended.ts';
import { holdStoppedMachine } from '../hold-machine.ts';
import { locateMachine } from '../locate.ts';

/** `utopia snapshot save [NAME]`: a copy of the private file of a machine that is off. */
export async function runSnapshotSave(
  context: Context,
  globals: GlobalOptions,
  options: { readonly name: string | undefined; readonly text: string | undefined },
): Promise<void> {
  const located = await locateMachine(context, globals);
  const { privateFile } = located.config;
  const held = await holdStoppedMachine(context, located, 'Its disk cannot be copied');
  try {
    if (!(await isThere(privateFile))) {
      throw new UtopiaError('overlay-missing', `There is no ${privateFile}: nothing to save yet.`, {
        hint: 'utopia up',
      });
    }
    if ((await readSuspended(privateFile)) !== undefined) {
      throw new UtopiaError(
        'machine-busy',
        'The machine is suspended: half of its state is in its memory, which a snapshot has not.',
        { hint: 'utopia up, then utopia down' },
      );
    }
    const now = context.now();
    const name = options.name ?? nameOfMoment(now);
    const snapshot = await saveSnapshot(
      located.paths,
      privateFile,
      { name, text: options.text },
      { now, signal: context.signal },
    );
    report(context, globals, { action: 'saved', snapshot }, [
      `Saved as ${name} (${formatBytes(snapshot.allocatedBytes)}).`,
      `  Go back   utopia snapshot restore ${name}`,
    ]);
  } finally {
    await held.release();
  }
}

/** `utopia snapshot restore NAME` and `utopia reset --to NAME`. */
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
    const { signal } = context;
    const times = { now: context.now(), signal };
    const kept = await restoreSnapshot(located.paths, privateFile, snapshot, times);
    const lines = [`${privateFile} is as it was in ${name}.`];
    if (kept !== undefined) {
      lines.push(
        `  What was there (${formatBytes(kept.allocatedBytes)}) is kept; bring it back: utopia undo`,
      );
    }
    report(context, globals, { action: 'restored', snapshot, keptAs: kept?.overlay }, lines);
  } finally {
    await held.release();
  }
}

/** `utopia snapshot list`: a line each, below the one that it was made from. */
export async function runSnapshotList(context: Context, globals: GlobalOptions): Promise<void> {
  const { config } = await locateMachine(context, globals);
  const snapshots = await listSnapshots(config.privateFile);
  const { terminal } = context;
  if (globals.json) {
    terminal.out(JSON.stringify({ schema: 1, snapshots }));
    return;
  }
  if (snapshots.length === 0) {
    terminal.err('No snapshots. utopia snapshot save makes one of a machine that is off.');
    return;
  }
  const rows = arrange(snapshots);
  const width = Math.max(...rows.map(({ depth, snapshot }) => depth * 2 + snapshot.name.length));
  for (const { depth, snapshot } of rows) {
    const name = `${'  '.repeat(depth)}${snapshot.name}`.padEnd(width);
    const size = formatBytes(snapshot.allocatedBytes).padStart(6);
    const time = formatLocalTime(new Date(snapshot.savedAt));
    terminal.out(`${name}  ${size}  ${time}  disk  ${snapshot.text ?? ''}`.trimEnd());
  }
  const all = snapshots.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
  terminal.out(`${formatBytes(all)} in all`);
}

/** Children below their parents, each level by age; one whose parent was removed stands at the left. */
function arrange(
  snapshots: readonly Snapshot[],
): { readonly depth: number; readonly snapshot: Snapshot }[] {
  const rows: { readonly depth: number; readonly snapshot: Snapshot }[] = [];
  const add = (snapshot: Snapshot, depth: number): void => {
    if (rows.some((row) => row.snapshot === snapshot)) return;
    rows.push({ depth, snapshot });
    for (const child of snapshots) if (child.parent === snapshot.name) add(child, depth + 1);
  };
  const names = new Set(snapshots.map(({ name }) => name));
  for (const each of snapshots) if (!names.has(each.parent ?? '')) add(each, 0);
  // A name that was removed and taken again may have its own descendant for a parent.
  for (const each of snapshots) add(each, 0);
  return rows;
}

/** `utopia snapshot show NAME`. */
export async function runSnapshotShow(
  context: Context,
  globals: GlobalOptions,
  name: string,
): Promise<void> {
  const { config } = await locateMachine(context, globals);
  const snapshot = await findSnapshot(config.privateFile, name);
  const { terminal } = context;
  if (globals.json) {
    terminal.out(JSON.stringify({ schema: 1, snapshot }));
    return;
  }
  terminal.out(`${name}, saved ${formatLocalTime(new Date(snapshot.savedAt))}`);
  if (snapshot.text !== undefined) terminal.out(`  ${snapshot.text}`);
  if (snapshot.parent !== undefined) terminal.out(`  after     ${snapshot.parent}`);
  terminal.out(`  disk      ${snapshot.disk}`);
  terminal.out(`  size      ${formatBytes(snapshot.allocatedBytes)}, no memory in it`);
}

/** `utopia snapshot remove NAME`: for good. */
export async function runSnapshotRemove(
  context: Context,
  globals: GlobalOptions,
  options: { readonly name: string; readonly yes: boolean },
): Promise<void> {
  const { config } = await locateMachine(context, globals);
  const snapshot = await findSnapshot(config.privateFile, options.name);
  const size = formatBytes(snapshot.allocatedBytes);
  const question = `Delete the snapshot ${options.name} (${size}) for good?`;
  const agreed = { assumeYes: options.yes, signal: context.signal };
  if (!(await confirm(context.terminal, question, agreed))) {
    throw new UtopiaError('consent-needed', 'Nothing was changed.');
  }
  await removeSnapshot(config.privateFile, snapshot);
  report(context, globals, { action: 'removed', snapshot }, [`${size} were deleted.`]);
}

/** `2026-11-23-141503` (UTC). */
function nameOfMoment(now: Date): string {
  return now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
}

function report(
  { terminal }: Context,
  globals: GlobalOptions,
  done: {
    readonly action: 'saved' | 'restored' | 'removed';
    readonly snapshot: Snapshot;
    readonly keptAs?: string | undefined;
  },
  lines: readonly string[],
): void {
  if (globals.json) terminal.out(JSON.stringify({ schema: 1, ...done }));
  else for (const line of lines) terminal.out(line);
}
