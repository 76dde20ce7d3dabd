import { expect, test } from 'vitest';
import { machineTable } from '../../../src/ui/machine-list.ts';

const place = { cwd: '/home/alice/ask1', home: '/home/alice', nowMs: 3_600_000 };
const off = {
  ...{ name: 'ask1', state: 'stopped', ssh: undefined, vnc: undefined, memory: undefined },
  ...{ startedAt: undefined, folder: '/home/alice/ask1', folderExists: true },
};

test('a machine that is off has its folder alone', () => {
  const [, row = ''] = machineTable([off], place, Infinity);
  expect(row.trim().split(/\s+/)).toEqual(['ask1', 'stopped', '.']);
});

test('folders are shown from the home on, also those that are gone', () => {
  const rows = [
    { ...off, folder: '/home/alice' },
    { ...off, folder: '/home/alice/old', folderExists: false },
    { ...off, folder: undefined },
  ];
  const [, home = '', gone = '', none = ''] = machineTable(rows, place, Infinity);
  expect(home).toMatch(/ ~$/);
  expect(gone).toMatch(/ ~\/old \(gone\)$/);
  expect(none.trim()).toMatch(/stopped$/);
});

test('one that runs has its ports, its memory and its age', () => {
  const running = {
    ...{ ...off, state: 'running', ssh: { host: '127.0.0.1', port: 22223 } },
    ...{ vnc: { host: '127.0.0.1', display: 3 }, memory: { residentBytes: 2_000_000 } },
    startedAt: new Date(0).toISOString(),
  } as Parameters<typeof machineTable>[0][number];
  const [head = '', row = ''] = machineTable([running], place, Infinity);
  expect(head.split(/\s+/)).toEqual(['NAME', 'STATE', 'SSH', 'VNC', 'MEMORY', 'AGE', 'FOLDER']);
  expect(row).toMatch(/22223 +:3 +2\.0 MB +1 h 0 min +\.$/);
});
