import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// docs/security.md names the tests that try each promise: they are there.
const checkout = join(import.meta.dirname, '../../..');
const page = readFileSync(join(checkout, 'docs/security.md'), 'utf8');

/** `test/vm/x.test.ts: "a title", "another …"`, or the file alone. */
const named = [...page.matchAll(/(test\/[\w/-]+\.test\.ts)((?:(?::|,) "[^"]+")*)/g)].map(
  ([, file = '', titles = '']) =>
    [file, [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title)] as const,
);

test('many are named', () => {
  expect(named.length).toBeGreaterThan(10);
});

test.for(named)('%s has what is said of it', ([file, titles]) => {
  const path = join(checkout, file);
  expect(existsSync(path)).toBe(true);
  const text = readFileSync(path, 'utf8');
  // What a title leaves open differs from row to row of a table.
  const pieces = titles.flatMap((title) => title.split('…').map((piece) => piece.trim()));
  expect(pieces.filter((piece) => !text.includes(piece))).toEqual([]);
});

test('each row of a table of promises names one', () => {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.split('|').length === 5);
  expect(rows.filter((row) => !/\| (?:promise|---)/.test(row) && !/\.test\.ts/.test(row))).toEqual(
    [],
  );
});
