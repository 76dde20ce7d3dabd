import type { KeptOverlay } from '../image/set-aside/list.ts';
import type { Snapshot } from '../image/snapshots.ts';
import type { Reading } from '../system/json-file.ts';
import { countOf, formatBytes } from '../text/format.ts';
import { formatAge, formatLocalTime } from '../text/local-time.ts';
import type { VmStateManifest } from '../vmstate/manifest.ts';
import { layOutRow } from './label-row.ts';
import { wrapText } from './lines.ts';
import { layOutRows } from './table.ts';

/** A line a snapshot, below the one that it was made from, and how much all of them take. */
export function snapshotTable(snapshots: readonly Snapshot[], now: Date, width: number): string[] {
  const cells = arrange(snapshots).map(({ depth, snapshot }) => [
    '  '.repeat(depth) + snapshot.name,
    formatBytes(snapshot.allocatedBytes).padStart(6),
    formatAge(now, new Date(snapshot.savedAt)).padStart(ageWidth),
    describeMemory(snapshot),
    snapshot.text ?? '',
  ]);
  const all = snapshots.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
  return [...layOutRows(cells, width).flat(), `${formatBytes(all)} in all`];
}

/** What resets and restores have set aside, a line each below a sentence. */
export function setAsideTable(aside: readonly KeptOverlay[], now: Date, width: number): string[] {
  const head = 'Set aside by resets and restores; utopia undo NAME brings one back:';
  const cells = aside.map(({ name, note, memoryBytes, allocatedBytes }) => [
    name,
    formatBytes(allocatedBytes).padStart(6),
    formatAge(now, new Date(note.keptAt)).padStart(ageWidth),
    memoryBytes === 0 ? 'disk only' : `memory ${formatBytes(memoryBytes)}`,
  ]);
  return [...wrapText(head, width), ...layOutRows(cells, width).flat()];
}

/** The same for a program. */
export function setAsideRecord({
  name,
  note,
  overlay,
  memoryBytes,
  allocatedBytes,
}: KeptOverlay): object {
  return { name, keptAt: note.keptAt, disk: overlay, memoryBytes, allocatedBytes };
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

/** One snapshot, with what its memory goes with: `manifest` is the record of that, where it has memory. */
export function describeSnapshot(
  snapshot: Snapshot,
  manifest: Reading<VmStateManifest> | undefined,
  columns: number,
): string[] {
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
  if (manifest?.kind === 'unreadable') {
    const why = `unknown: ${memory.manifest} cannot be read: ${manifest.why}`;
    const next = 'utopia snapshot restore brings back the disk alone.';
    return [...lines, ...row('goes with', why), ...row('', next)];
  }
  if (manifest?.kind !== 'read') return lines;
  const { memoryMiB, cpus, accelerator, qemuVersion } = manifest.value;
  const what = `${memoryMiB} MiB, ${countOf(cpus, 'processor')}, ${accelerator}, QEMU ${qemuVersion}`;
  return [...lines, ...row('goes with', what)];
}
