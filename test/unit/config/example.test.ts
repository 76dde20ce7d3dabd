import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderExample } from '../../../src/config/example.ts';
import { renderKeyTable } from '../../../src/config/key-table.ts';
import { keyNames } from '../../../src/config/config-keys.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { compareWithBash } from '../../support/config-differential.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = join(import.meta.dirname, '../../..');

test('utopia.config.example is what the table of keys says', () => {
  expect(readFileSync(join(root, 'utopia.config.example'), 'utf8')).toBe(renderExample());
});

test('every line of the example fits 80 columns', () => {
  expect(
    renderExample()
      .split('\n')
      .filter((line) => line.length > 80),
  ).toEqual([]);
});

test('docs/config.md holds the table of keys', () => {
  expect(squeeze(readFileSync(join(root, 'docs/config.md'), 'utf8'))).toContain(
    squeeze(renderKeyTable()),
  );
});

test('table and schema have the same keys', () => {
  expect(Object.keys(configSchema.shape).toSorted()).toEqual(keyNames.toSorted());
});

test('every line of the example works when its # is taken away', async () => {
  const text = renderExample().replaceAll(/^#(?=[A-Z])/gm, '');
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'lab'));
  writeFileSync(join(folder.path, 'lab/utopia.config'), text);
  const report = await loadConfig({
    cwd: join(folder.path, 'lab'),
    env: {},
    home: '/home/student',
  });
  expect(report.errors).toEqual([]);
  expect(report.warnings).toEqual([]);
  expect(report.config?.keysSet).toBe(keyNames.length);
  expect(compareWithBash([Buffer.from(text)], 'C')).toEqual({
    compared: 1,
    refused: 0,
    divergences: [],
  });
});

/** Prettier pads the columns of a table. */
function squeeze(markdown: string): string {
  return markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}
