import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  crashesToRemove,
  findKept,
  listKeptCrashes,
  type CrashNote,
} from '../../../src/crash/kept-crash.ts';
import { damagedForms } from '../../support/damaged-forms.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const note: CrashNote = {
  ...{ schema: 1, at: '2026-11-30T02:39:49.084Z', kind: 'null-dereference' },
  ...{ function: 'f', module: 'm', message: 'BUG: x', release: '6.1', time: 1.5, pid: 7 },
  ...{ removed: [], missing: [] },
};

function keep(folder: string, number: number, text: string): void {
  mkdirSync(join(folder, String(number)), { recursive: true });
  writeFileSync(join(folder, String(number), 'crash.json'), text);
}

test('kept crashes are listed by number; drafts and other names are none', async () => {
  using folder = temporaryFolder();
  for (const number of [10, 9, 2]) keep(folder.path, number, JSON.stringify(note));
  writeFileSync(join(folder.path, '9/memory.elf'), Buffer.alloc(8192, 1));
  for (const name of ['.crash.1-00000000.draft', '0', '01', 'x'])
    mkdirSync(join(folder.path, name));
  const { crashes, damaged } = await listKeptCrashes(folder.path);
  expect(crashes.map(({ number }) => number)).toEqual([2, 9, 10]);
  expect(crashes[1]).toMatchObject({ dump: join(folder.path, '9/memory.elf'), function: 'f' });
  expect(crashes[1]?.bytes).toBeGreaterThanOrEqual(8192);
  expect(crashes[0]).toMatchObject({ dump: undefined, bytes: 0 });
  expect(damaged).toEqual([]);
  expect(await listKeptCrashes(join(folder.path, 'none'))).toEqual({ crashes: [], damaged: [] });
});

test('a record that is damaged is told of, and hides no other one', async () => {
  using folder = temporaryFolder();
  const forms = damagedForms(
    note,
    { kind: 'no kind' },
    { at: 'yesterday' },
    { removed: 'none' },
    { snapshot: { name: 5 } },
    { kernel: {} },
  );
  for (const [index, { text }] of forms.entries()) keep(folder.path, index + 1, text);
  keep(folder.path, 1000, JSON.stringify(note));
  mkdirSync(join(folder.path, '1001'));
  mkdirSync(join(folder.path, '1002'));
  symlinkSync('/dev/zero', join(folder.path, '1002/crash.json'));
  const { crashes, damaged } = await listKeptCrashes(folder.path);
  expect(crashes.map(({ number }) => number)).toEqual([1000]);
  expect(damaged.length).toBe(forms.length + 2);
});

test('the oldest go, until one more fits by number and by size', () => {
  const kept = [1, 2, 3, 4].map((number) => ({ number, bytes: 10 }));
  expect(crashesToRemove(kept, 10, { most: 5, bytes: 1000 })).toEqual([]);
  expect(crashesToRemove(kept, 10, { most: 4, bytes: 1000 })).toEqual([1]);
  expect(crashesToRemove(kept, 25, { most: 5, bytes: 45 })).toEqual([1, 2]);
  // What is larger than all of the bounds leaves no other one.
  expect(crashesToRemove(kept, 100, { most: 5, bytes: 45 })).toEqual([1, 2, 3, 4]);
  expect(crashesToRemove([], 100, { most: 5, bytes: 45 })).toEqual([]);
});

test('a crash of a log is the kept one of its message, time and task', () => {
  expect(findKept([note], { ...note })).toBe(note);
  expect(findKept([note], { ...note, time: 2 })).toBeUndefined();
  expect(findKept([note], { ...note, pid: 8 })).toBeUndefined();
});
