import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBuild } from '../../../src/kernel/build-store.ts';
import { draftBuild, placeBuild, removeBuild } from '../../../src/kernel/store-build.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

const label = {
  ...{ name: 'lab', version: '6.1.99', source: '/src', out: '/out', fragments: [] },
  ...{ builtAt: '2026-11-29T12:00:00.000Z', commit: null },
};

async function place(
  cache: TemporaryFolder,
  files: Readonly<Record<string, string>>,
  { keepModules = false } = {},
): Promise<void> {
  const env = { XDG_CACHE_HOME: cache.path };
  const draft = await draftBuild(env, 'lab');
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(draft, name), text, { mode: 0o644 });
  }
  await placeBuild(env, draft, label, { keepModules });
}

test('a build takes the place of the one before, whole, and what that has open stays', async () => {
  using cache = temporaryFolder();
  const env = { XDG_CACHE_HOME: cache.path };
  const folder = join(cache.path, 'utopia/kernels/lab');
  await place(cache, { bzImage: 'one', config: 'c', 'modules.ext4': 'm1', 'modules.key': 'k' });
  const before = statSync(join(folder, 'modules.ext4')).ino;
  await place(cache, { bzImage: 'two', config: 'c' }, { keepModules: true });
  expect(statSync(join(folder, 'modules.ext4')).ino).toBe(before);
  expect(readFileSync(join(folder, 'bzImage'), 'utf8')).toBe('two');
  expect(statSync(join(folder, 'bzImage')).mode & 0o777).toBe(0o600);
  await place(cache, { bzImage: 'three', config: 'c' });
  expect(readdirSync(folder).toSorted()).toEqual(['build.json', 'bzImage', 'config']);
  const build = await readBuild(env, 'lab');
  expect(build).toMatchObject({ ...label, modules: undefined });
  expect(build?.bytes).toBeGreaterThan(0);
  if (build !== undefined) await removeBuild(build);
  expect(existsSync(folder)).toBe(false);
});

test('what a killed build left goes with the next', async () => {
  using cache = temporaryFolder();
  const env = { XDG_CACHE_HOME: cache.path };
  const left = join(cache.path, 'utopia/kernels/.lab.4194304-0123abcd.draft');
  mkdirSync(left, { recursive: true });
  await draftBuild(env, 'lab');
  expect(existsSync(left)).toBe(false);
});
