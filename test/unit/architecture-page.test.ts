import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

/** The files of each table below "Three flows", by the sentence above it. */
function readFlows(): [sentence: string, files: readonly string[]][] {
  const [, flows = ''] = /\n## Three flows\n(.*?)\n## /s.exec(page) ?? [];
  return [...flows.matchAll(/^([^|\n][^\n]*):\n\n((?:\|.*\n)+)/gm)].map(
    ([, sentence = '', table = '']) => [
      sentence,
      [...table.matchAll(/^\| (src\/\S+) \|/gm)].map(([, file = '']) => file),
    ],
  );
}

test('the page has three flows', () => {
  expect(readFlows().map(([, files]) => files.length > 10)).toEqual([true, true, true]);
});

test.each(readFlows())('%s: each file is there, and none is passed twice', (_sentence, files) => {
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(new Set(files).size).toBe(files.length);
});

test('every folder and file that the tables of rooms name is there', () => {
  const named = [...page.matchAll(/`(src\/[\w./-]+)`/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
