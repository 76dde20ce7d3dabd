import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeModule } from '../../../src/lifecycle/module/new-module.ts';
import {
  isModuleName,
  skeletonFiles,
  skeletonKinds,
} from '../../../src/module/skeleton/skeleton-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test.each(skeletonKinds)('%s names itself everywhere', (kind) => {
  const files = skeletonFiles('lunix', kind);
  expect(files.map(({ name }) => name)).toEqual([
    ...['Kbuild', 'Makefile', 'lunix.c', 'test.sh', '.clangd'],
  ]);
  const text = files.map((file) => file.text).join('');
  expect(text).not.toMatch(/(?<!KBUILD_MOD)NAME/);
  expect(text).not.toContain('undefined');
});

test('the command line offers these kinds', () => {
  const cli = readFileSync(join(import.meta.dirname, '../../../src/cli/module.ts'), 'utf8');
  const [, list = ''] = /const kinds = \[([^\]]*)\]/.exec(cli) ?? [];
  expect(list.match(/\w+/g)).toEqual([...skeletonKinds]);
});

test.each([
  ['hello', true],
  ['lunix_2', true],
  ['', false],
  ['Hello', false],
  ['a-b', false],
  ['../x', false],
  ['2x', false],
  ['a'.repeat(32), false],
])('%j is a name: %s', (name, is) => {
  expect(isModuleName(name)).toBe(is);
});

test('nothing that is there is written over, and then nothing is made', async () => {
  using folder = temporaryFolder();
  const place = join(folder.path, 'hello');
  mkdirSync(place);
  writeFileSync(join(place, 'test.sh'), 'mine');
  await expect(makeModule(folder.path, 'hello', 'hello')).rejects.toMatchObject({
    code: 'file-exists',
  });
  expect(readdirSync(place)).toEqual(['test.sh']);
  await makeModule(folder.path, 'other', 'char');
  expect(statSync(join(folder.path, 'other/test.sh')).mode & 0o100).toBe(0o100);
  expect(statSync(join(folder.path, 'other/other.c')).mode & 0o100).toBe(0);
});
