import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { namedFragments } from '../../../src/kernel/fragments.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/kernel.md'), 'utf8');

test.each(namedFragments.map(({ name, about }) => [name, about]))(
  '--with %s stands in docs/kernel.md as it is',
  (name, about) => expect(page).toContain(`| \`${name}\` | ${about} |`),
);

test('the help of kernel config names every fragment', () => {
  const cli = readFileSync(join(import.meta.dirname, '../../../src/cli/kernel-config.ts'), 'utf8');
  const named = /--with takes: ([^(]*)/.exec(cli.replaceAll(/'\s*\+\s*'|\\n/g, ' '))?.[1] ?? '';
  expect(named.match(/[a-z]{3,}/g)).toEqual(namedFragments.map(({ name }) => name));
});
