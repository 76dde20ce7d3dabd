import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findTagsClone, readOrigin } from '../../../../src/lifecycle/kernel/choose-source.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('what was typed tells where a source comes from', () => {
  expect(readOrigin({ what: 'debian', from: undefined })).toMatchObject({ kind: 'debian' });
  expect(readOrigin({ what: undefined, from: undefined })).toMatchObject({
    ...{ kind: 'release', version: undefined },
  });
  expect(readOrigin({ what: 'v6.12', from: undefined })).toMatchObject({ version: '6.12' });
  const what = 'https://host/linux-6.13-rc1.tar.gz';
  expect(readOrigin({ what, from: undefined })).toMatchObject({ kind: 'archive' });
});

test.each(['next', '6', 'https://host/linux.zip'])('%s is no source', (what) => {
  expect(() => readOrigin({ what, from: undefined })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});

test('--from is a mirror by its URL, else a clone, and --fetch wants one', async () => {
  using folder = temporaryFolder();
  const { signal } = new AbortController();
  const env = { PATH: process.env['PATH'], GIT_CEILING_DIRECTORIES: join(folder.path, '..') };
  const context = { cwd: folder.path, env, signal };
  const typed = { what: 'v6.12', from: undefined, sha256: undefined, fetch: false };
  expect(await findTagsClone(context, typed)).toBeUndefined();
  expect(await findTagsClone(context, { ...typed, from: 'https://host/' })).toBeUndefined();
  for (const wrong of [{ from: 'here' }, { fetch: true }]) {
    const finding = findTagsClone(context, { ...typed, ...wrong });
    await expect(finding).rejects.toMatchObject({ code: 'usage' });
  }
});
