import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../src');

const sizes = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, lines: readFileSync(join(root, name), 'utf8').split('\n').length - 1 }))
  .toSorted((one, other) => one.lines - other.lines);

/** More than fits on four screens is two subjects: give the second one a file with its name. */
const mostLines = 250;

test('no source file is longer than 250 lines', () => {
  expect(sizes.filter(({ lines }) => lines > mostLines)).toEqual([]);
});

test('half of the source files have 80 lines at most', () => {
  expect(sizes[Math.floor(sizes.length / 2)]?.lines).toBeLessThanOrEqual(80);
});
