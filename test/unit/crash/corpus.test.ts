import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crashesIn, summarise } from '../../support/crash-corpus.ts';

const folder = join(import.meta.dirname, '../../../fixtures/logs/crashes');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.replace(/\.txt$/, ''));

// UTOPIA_UPDATE_CORPUS=1 writes what is found; the difference is for a person to judge.
test.each(names)('%s', (name) => {
  const found = crashesIn(join(folder, `${name}.txt`)).map(summarise);
  const file = join(folder, `${name}.expected.json`);
  if (process.env['UTOPIA_UPDATE_CORPUS'] === '1') {
    writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`);
  }
  expect(JSON.parse(JSON.stringify(found))).toEqual(JSON.parse(readFileSync(file, 'utf8')));
});

test('every log of the corpus has its source named', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(readme).toContain(`\`${name}\``);
  for (const [, name] of readme.matchAll(/^\| `([\w-]+)`/gm)) {
    expect(existsSync(join(folder, `${name}.txt`)), name).toBe(true);
  }
});
