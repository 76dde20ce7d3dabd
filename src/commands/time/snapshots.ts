import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { complainOfKept, type KeptOverlay, listKept } from '../../image/set-aside/list.ts';
import {
  findSnapshot,
  listSnapshots,
  removeSnapshot,
  type Snapshot,
} from '../../image/snapshots.ts';
import { formatAge, formatLocalTime } from '../../text/local-time.ts';
import { confirm } from '../../ui/ask.ts';
import { countOf, formatBytes } from '../../text/format.ts';
import { readManifest } from '../../vmstate/manifest.ts';
import { locateMachine } from '../../lifecycle/launch/locate.ts';
import { reportSnapshot } from './report-snapshot.ts';
import { layOutRows } from '../../ui/table.ts';
import { layOutRow } from '../../ui/label-row.ts';
import { widthFor, wrapText } from '../../ui/lines.ts';

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
    terminal.json({ schema: 1, snapshots, aside: aside.map(describeAside) });
    return;
  }
  if (snapshots.length === 0) terminal.err('No snapshots yet. utopia snapshot save makes one.');
  else printSnapshots(context, snapshots);
  if (aside.length > 0) printAside(context, aside);
}

function describeAside({ name, note, overlay, memoryBytes, allocatedBytes }: KeptOverlay): object {
  return { name, keptAt: note.keptAt, disk: overlay, memoryBytes, allocatedBytes };
}

function printSnapshots({ terminal, now: clock }: Context, snapshots: readonly Snapshot[]): void {
  const now = clock();
  const rows = arrange(snapshots);
  const cells = rows.map(({ depth, snapshot }) => [
    '  '.repeat(depth) + snapshot.name,
    formatBytes(snapshot.allocatedBytes).padStart(6),
    formatAge(now, new Date(snapshot.savedAt)).padStart(ageWidth),
    describeMemory(snapshot),
    snapshot.text ?? '',
  ]);
  for (const line of layOutRows(cells, widthFor(terminal.stdout, terminal.columns)).flat())
    terminal.out(line);
  const all = snapshots.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
  terminal.out(`${formatBytes(all)} in all`);
}

function printAside({ terminal, now }: Context, aside: readonly KeptOverlay[]): void {
  terminal.out();
  const head = 'Set aside by resets and restores; utopia undo NAME brings one back:';
  for (const line of wrapText(head, widthFor(terminal.stdout, terminal.columns)))
    terminal.out(line);
  const cells = aside.map(({ name, note, memoryBytes, allocatedBytes }) => [
    name,
    formatBytes(allocatedBytes).padStart(6),
    formatAge(now(), new Date(note.keptAt)).padStart(ageWidth),
    memoryBytes === 0 ? 'disk only' : `memory ${formatBytes(memoryBytes)}`,
  ]);
  for (const line of layOutRows(cells, widthFor(terminal.stdout, terminal.columns)).flat())
    terminal.out(line);
}

/** `59 min ago`. */
const ageWidth = 10;

/** `memory 166 MB`, which is part of the size. */
function describeMemory({ memory }: Snapshot): string {
  return memory === undefined ? 'disk only' : `memory ${formatBytes(memory.allocatedBytes)}`;
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
    terminal.json({ schema: 1, snapshot });
    return;
  }
  for (const line of await describeSnapshot(snapshot, widthFor(terminal.stdout, terminal.columns)))
    terminal.out(line);
}

async function describeSnapshot(snapshot: Snapshot, columns: number): Promise<string[]> {
  const { name, savedAt, text, parent, disk, allocatedBytes, memory } = snapshot;
  const row = (label: string, value: string): string[] =>
    layOutRow(`  ${label.padEnd(9)} `, value, columns);
  const lines = [
    ...wrapText(`${name}, saved ${formatLocalTime(new Date(savedAt))}`, columns),
    ...(text === undefined ? [] : wrapText(text, columns - 2).map((line) => `  ${line}`)),
    ...(parent === undefined ? [] : row('after', parent)),
    ...row('disk', disk),
    ...row('size', formatBytes(allocatedBytes - (memory?.allocatedBytes ?? 0))),
  ];
  if (memory === undefined) return [...lines, ...row('memory', 'none: the machine was off')];
  lines.push(...row('memory', memory.state), ...row('size', formatBytes(memory.allocatedBytes)));
  const manifest = await readManifest(memory.manifest);
  if (manifest.kind === 'unreadable') {
    const why = `unknown: ${memory.manifest} cannot be read: ${manifest.why}`;
    const next = 'utopia snapshot restore brings back the disk alone.';
    return [...lines, ...row('goes with', why), ...row('', next)];
  }
  if (manifest.kind !== 'read') return lines;
  const { memoryMiB, cpus, accelerator, qemuVersion } = manifest.value;
  const what = `${memoryMiB} MiB, ${countOf(cpus, 'processor')}, ${accelerator}, QEMU ${qemuVersion}`;
  return [...lines, ...row('goes with', what)];
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
