import { expect, test } from 'vitest';
import type { Snapshot } from '../../../src/image/snapshots.ts';
import { describeSnapshot, setAsideTable, snapshotTable } from '../../../src/ui/snapshot-list.ts';

const now = new Date('2026-11-23T12:00:00Z');
const mebibyte = 1024 ** 2;

const snapshot = (name: string, parent?: string, text?: string): Snapshot => ({
  ...{ schema: 1, name, parent, text, savedAt: '2026-11-23T11:00:00Z' },
  ...{ folder: `/lab/${name}`, disk: `/lab/${name}/disk.qcow2`, allocatedBytes: 10 * mebibyte },
});

const names = (snapshots: readonly Snapshot[]): string[] =>
  snapshotTable(snapshots, now, Infinity)
    .slice(0, -1)
    .map((line) => / *\S+/.exec(line)?.[0] ?? '');

test('a snapshot stands below the one that it was made from', () => {
  const all = [snapshot('a'), snapshot('b', 'a'), snapshot('c'), snapshot('d', 'b')];
  expect(names(all)).toEqual(['a', '  b', '    d', 'c']);
});

test('one whose parent is gone stands at the left', () => {
  expect(names([snapshot('b', 'a'), snapshot('c', 'b')])).toEqual(['b', '  c']);
});

test('one that has its own descendant for a parent is shown once', () => {
  expect(names([snapshot('a', 'b'), snapshot('b', 'a')])).toEqual(['a', '  b']);
});

test('the table says size, age, memory, and what the user wrote; the last line says all', () => {
  const memory = { state: '/s', manifest: '/m', allocatedBytes: mebibyte };
  const lines = snapshotTable([{ ...snapshot('a', undefined, 'ready'), memory }], now, Infinity);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^a .*ago +memory .*ready$/);
  expect(lines[1]).toMatch(/ in all$/);
});

test('what was set aside stands below how it comes back', () => {
  const aside = {
    ...{ name: '20261123', folder: '/k', overlay: '/k/private.qcow2', memoryBytes: 0 },
    ...{ allocatedBytes: mebibyte, note: { schema: 1, keptAt: '2026-11-23T11:00:00Z' } },
  } as Parameters<typeof setAsideTable>[0][number];
  const [head = '', row = '', ...rest] = setAsideTable([aside], now, Infinity);
  expect(head).toContain('utopia undo NAME');
  expect(row).toMatch(/^20261123 .*disk only$/);
  expect(rest).toEqual([]);
});

test('a snapshot says what its memory goes with, or why that is not known', () => {
  const [first = '', ...off] = describeSnapshot(snapshot('a', 'b'), undefined, 80);
  expect(first).toMatch(/^a, saved /);
  expect(off.join('\n')).toMatch(/after +b\n.*\n.*\n +memory +none: the machine was off$/);
  const memory = { state: '/s', manifest: '/m', allocatedBytes: mebibyte };
  const broken = { kind: 'unreadable', why: 'it ends at once.' } as const;
  const lines = describeSnapshot({ ...snapshot('a'), memory }, broken, 200);
  expect(lines.join('\n')).toContain('unknown: /m cannot be read: it ends at once.');
  expect(lines.join('\n')).toContain('utopia snapshot restore brings back the disk alone.');
});
