import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../../src/system/make-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('makes what is missing on the way, and finds what is there', async () => {
  using temporary = temporaryFolder();
  const folder = join(temporary.path, 'a/b/c');
  await makeFolder(folder, { mode: 0o700 });
  await makeFolder(folder, { mode: 0o700 });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

// Nothing can be made there, whoever asks.
test('the first that cannot be made is named, and a folder that takes none ends it', async () => {
  await expect(makeFolder('/proc/self/utopia/a/b')).rejects.toMatchObject({
    code: 'ENOENT',
    path: '/proc/self/utopia',
  });
});

test('a file or a link to nowhere on the way is named', async () => {
  using temporary = temporaryFolder();
  const file = join(temporary.path, 'file');
  writeFileSync(file, '');
  await expect(makeFolder(join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
  symlinkSync(join(temporary.path, 'nowhere'), join(temporary.path, 'link'));
  await expect(makeFolder(join(temporary.path, 'link/a'))).rejects.toMatchObject({
    code: 'EEXIST',
  });
  mkdirSync(join(temporary.path, 'nowhere'));
  await makeFolder(join(temporary.path, 'link/a'));
});

test('a path that is too long is said to be', async () => {
  await expect(makeFolder(join('/tmp', 'x'.repeat(300), 'a'))).rejects.toMatchObject({
    code: 'ENAMETOOLONG',
  });
});

test('several at once make one', async () => {
  using temporary = temporaryFolder();
  for (let round = 1; round <= 200; round += 1) {
    const folder = join(temporary.path, `${round}/b/c/d`);
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(folder)));
    expect(statSync(folder).isDirectory()).toBe(true);
  }
});
