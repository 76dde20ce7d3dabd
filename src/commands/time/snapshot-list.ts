import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { complainOfKept, listKept } from '../../image/set-aside/list.ts';
import { findSnapshot, listSnapshots, removeSnapshot } from '../../image/snapshots.ts';
import { locateMachine } from '../../lifecycle/launch/locate.ts';
import { formatBytes } from '../../text/format.ts';
import { confirm } from '../../ui/ask.ts';
import { widthFor } from '../../ui/lines.ts';
import {
  describeSnapshot,
  setAsideRecord,
  setAsideTable,
  snapshotTable,
} from '../../ui/snapshot-list.ts';
import { readManifest } from '../../vmstate/manifest.ts';
import { reportSnapshot } from './report-snapshot.ts';

/**
 * `utopia snapshot list`: a line each, below the one that it was made from; then what resets and
 * restores have set aside.
 */
export async function runSnapshotList(context: Context, globals: GlobalOptions): Promise<void> {
  const { config, paths } = await locateMachine(context, globals);
  const snapshots = await listSnapshots(config.privateFile);
  const aside = await listKept(paths, config.privateFile);
  const { terminal } = context;
  for (const text of await complainOfKept(paths)) terminal.err(text);
  if (globals.json) {
    terminal.json({ schema: 1, snapshots, aside: aside.map(setAsideRecord) });
    return;
  }
  const width = widthFor(terminal.stdout, terminal.columns);
  if (snapshots.length === 0) terminal.err('No snapshots yet. utopia snapshot save makes one.');
  else for (const line of snapshotTable(snapshots, context.now(), width)) terminal.out(line);
  if (aside.length > 0) {
    terminal.out();
    for (const line of setAsideTable(aside, context.now(), width)) terminal.out(line);
  }
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
    terminal.json({ schema: 1, snapshot });
    return;
  }
  const { memory } = snapshot;
  const manifest = memory === undefined ? undefined : await readManifest(memory.manifest);
  const width = widthFor(terminal.stdout, terminal.columns);
  for (const line of describeSnapshot(snapshot, manifest, width)) terminal.out(line);
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
  reportSnapshot(context, globals, { action: 'removed', snapshot }, [`${size} were deleted.`]);
}
