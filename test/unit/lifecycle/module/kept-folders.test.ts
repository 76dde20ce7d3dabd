import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  findKeptFolder,
  keepFolder,
  type KeptFolders,
} from '../../../../src/lifecycle/module/kept-folders.ts';
import { aCount, object } from '../../../../src/text/shape.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const shape = object({ made: aCount });
const { signal } = new AbortController();

function foldersIn(parent: string): KeptFolders<{ readonly made: number }> {
  return { parent, most: 2, recordName: 'record.json', shape };
}

test('two that need the same folder at once get one, and nobody takes it from the other', async () => {
  using aside = temporaryFolder();
  const folders = foldersIn(join(aside.path, 'kept'));
  let filled = 0;
  const keep = async (): Promise<string> => {
    const { root } = await keepFolder(folders, 'one', {
      record: { made: 1 },
      fill: async (place) => {
        filled += 1;
        writeFileSync(join(place, 'file'), `${filled}`);
      },
      signal,
    });
    return readFileSync(join(root, 'file'), 'utf8');
  };
  expect(await Promise.all([keep(), keep(), keep()])).toEqual(['1', '1', '1']);
  expect(filled).toBe(1);
  expect(readdirSync(folders.parent).toSorted()).toEqual(['.lock', 'one']);
});

test('a folder that was not finished is made anew, and one that fails leaves nothing', async () => {
  using aside = temporaryFolder();
  const folders = foldersIn(aside.path);
  mkdirSync(join(aside.path, 'one/root/old'), { recursive: true });
  expect(await findKeptFolder(folders, 'one')).toBeUndefined();
  const failing = keepFolder(folders, 'one', {
    record: { made: 1 },
    fill: async () => await Promise.reject(new Error('full')),
    signal,
  });
  await expect(failing).rejects.toThrow('full');
  const { root } = await keepFolder(folders, 'one', {
    record: { made: 2 },
    fill: async () => {},
    signal,
  });
  expect(readdirSync(root)).toEqual([]);
  expect(readdirSync(aside.path).toSorted()).toEqual(['.lock', 'one']);
});

test('those that were not used for the longest time go, but none that may be in use', async () => {
  using aside = temporaryFolder();
  const folders = foldersIn(aside.path);
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) {
    await keepFolder(folders, name, { record: { made: 1 }, fill: async () => {}, signal });
  }
  expect(readdirSync(aside.path)).toEqual(['.lock', ...names]);
  const long = new Date(Date.now() - 7_200_000);
  for (const name of ['a', 'c']) utimesSync(join(aside.path, name), long, long);
  await keepFolder(folders, 'e', { record: { made: 1 }, fill: async () => {}, signal });
  expect(readdirSync(aside.path)).toEqual(['.lock', 'b', 'd', 'e']);
});
