import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kindTexts } from '../../../src/crash/explain-crash.ts';
import { crashStarts, panicKind } from '../../../src/crash/report-starts.ts';
import { crashKinds } from '../../../src/crash/crash-event.ts';

const documentation = readFileSync(join(import.meta.dirname, '../../../docs/crashes.md'), 'utf8');

test.each(crashKinds)('%s is documented and explained', (kind) => {
  expect(documentation).toContain(`\`${kind}\``);
  const { phrase, what } = kindTexts[kind];
  expect(phrase.length).toBeLessThanOrEqual(40);
  expect(what).toMatch(/\.$/);
});

test('every kind can come about', () => {
  const reached = new Set([
    ...crashStarts.map(({ kind }) => kind),
    ...['VFS: Unable to mount root fs', 'No working init found.', 'x'].map(panicKind),
  ]);
  expect(crashKinds.filter((kind) => !reached.has(kind))).toEqual([]);
});
