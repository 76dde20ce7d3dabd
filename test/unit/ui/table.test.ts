import { expect, test } from 'vitest';
import { layOutRows, layOutTable } from '../../../src/ui/table.ts';

test('columns are as wide as their widest cell, and empty ones are left out', () => {
  expect(
    layOutTable(
      [
        ['NAME', 'SSH', 'VNC', 'FOLDER'],
        ['ask1', '22223', '', '~/ask1'],
        ['a', '', '', '~/labs/a'],
      ],
      80,
    ),
  ).toEqual(['NAME  SSH    FOLDER', 'ask1  22223  ~/ask1', 'a            ~/labs/a']);
});

test('a path that is too long keeps its end', () => {
  const [, line = ''] = layOutTable(
    [
      ['NAME', 'FOLDER'],
      ['ask1', '/home/alice/very/long/way/down/to/the/lab'],
    ],
    30,
  );
  expect(line).toHaveLength(30);
  expect(line).toMatch(/^ask1 {2}….*\/to\/the\/lab$/);
});

test('a terminal without room for the columns gets a paragraph a row', () => {
  expect(
    layOutTable(
      [
        ['NAME', 'STATE', 'SSH', 'MEMORY', 'FOLDER'],
        ['ask1', 'running', '22223', '512 MB', '~/labs/ask1'],
        ['ask2', 'stopped', '', '', '~/labs/ask2'],
      ],
      30,
    ),
  ).toEqual([
    'ask1',
    '  state running  ssh 22223',
    '  memory 512 MB',
    '  folder ~/labs/ask1',
    'ask2',
    '  state stopped',
    '  folder ~/labs/ask2',
  ]);
});

test('rows without a head stand in columns, and one that is too wide goes on below', () => {
  const rows = [
    ['one', ' 12 kB', 'disk only', ''],
    ['  two', '166 MB', 'memory 150 MB', 'before the module of the second exercise'],
  ];
  expect(layOutRows(rows, 80)).toEqual([
    ['one     12 kB  disk only'],
    ['  two  166 MB  memory 150 MB  before the module of the second exercise'],
  ]);
  expect(layOutRows(rows, 30)).toEqual([
    ['one     12 kB  disk only'],
    ['  two', '  166 MB  memory 150 MB', '  before the module of the', '  second exercise'],
  ]);
});
