import { expect, test } from 'vitest';
import { layOutTable } from '../../../src/ui/table.ts';

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
