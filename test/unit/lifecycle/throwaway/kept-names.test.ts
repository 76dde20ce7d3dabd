import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkKeep, keptFolders } from '../../../../src/lifecycle/throwaway/kept-names.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

function firstThree(name: string | undefined): string[] {
  const folders = keptFolders('/lab', { name }, 'ask1');
  return [1, 2, 3].map(() => folders.next().value as string);
}

test('a kept copy gets the name that was asked for, or one beside it', () => {
  expect(firstThree('debug')).toEqual(['/lab/debug', '/lab/debug-2', '/lab/debug-3']);
  expect(firstThree('../x/')).toEqual(['/x', '/x-2', '/x-3']);
  expect(firstThree(undefined)).toEqual([
    '/lab/kept-ask1-1',
    '/lab/kept-ask1-2',
    '/lab/kept-ask1-3',
  ]);
});

test('what could not be kept is refused before anything is started', async () => {
  using folder = temporaryFolder();
  const check = (name?: string): Promise<void> => checkKeep(folder.path, { name });
  mkdirSync(join(folder.path, 'there'));
  writeFileSync(join(folder.path, 'file'), '');
  await expect(check()).resolves.toBeUndefined();
  await expect(check('new one')).resolves.toBeUndefined();
  await expect(check('there/new')).resolves.toBeUndefined();
  await expect(check('there')).rejects.toMatchObject({ code: 'file-exists', status: 73 });
  await expect(check('file')).rejects.toMatchObject({ code: 'file-exists' });
  await expect(check('.')).rejects.toMatchObject({ code: 'file-exists' });
  await expect(check('nowhere/new')).rejects.toMatchObject({
    code: 'cannot-create',
    hint: `mkdir -p ${folder.path}/nowhere`,
  });
  await expect(check('file/new')).rejects.toMatchObject({ code: 'cannot-create' });
  for (const bad of ['', ' ', 'a\nb', 'x'.repeat(201)]) {
    await expect(check(bad)).rejects.toMatchObject({ code: 'usage', status: 64 });
  }
});
