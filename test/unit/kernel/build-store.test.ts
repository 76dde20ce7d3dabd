import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isBuildName, listBuilds, readBuild } from '../../../src/kernel/build-store.ts';
import { requireBuild, requireBuildOrNewest } from '../../../src/kernel/require-build.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

const record = {
  schema: 1,
  name: 'lab',
  version: '6.1.187-lab',
  source: '/src/linux',
  out: '/src/out',
  fragments: ['kasan'],
  bytes: 4096,
  builtAt: '2026-11-29T12:00:00.000Z',
  commit: null,
};

async function store(
  cache: TemporaryFolder,
  builds: Readonly<Record<string, string>>,
): Promise<{ XDG_CACHE_HOME: string }> {
  for (const [name, text] of Object.entries(builds)) {
    const folder = join(cache.path, 'utopia/kernels', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'build.json'), text);
  }
  return { XDG_CACHE_HOME: cache.path };
}

test('a build is read with its files, and without modules where it has none', async () => {
  using cache = temporaryFolder();
  const env = await store(cache, { lab: JSON.stringify(record) });
  const folder = join(env.XDG_CACHE_HOME, 'utopia/kernels/lab');
  expect(await readBuild(env, 'lab')).toEqual({
    ...record,
    folder,
    image: join(folder, 'bzImage'),
    config: join(folder, 'config'),
    systemMap: join(folder, 'System.map'),
    modules: undefined,
  });
  await writeFile(join(folder, 'modules.ext4'), '');
  expect(await readBuild(env, 'lab')).toMatchObject({ modules: join(folder, 'modules.ext4') });
});

test('a damaged record is named and does not hide the others', async () => {
  using cache = temporaryFolder();
  const env = await store(cache, { bad: '{"schema": 1', lab: JSON.stringify(record) });
  await mkdir(join(env.XDG_CACHE_HOME, 'utopia/kernels/.draft'));
  const { builds, damaged } = await listBuilds(env);
  expect(builds.map(({ name }) => name)).toEqual(['lab']);
  expect(damaged.map(({ message }) => message)).toEqual([
    expect.stringMatching(/bad\/build\.json cannot be used: it is no JSON, or cut short\.$/),
  ]);
});

test('there is no build where there is no store, and none by a path', async () => {
  using cache = temporaryFolder();
  const env = await store(cache, {});
  expect(await listBuilds(env)).toEqual({ builds: [], damaged: [] });
  expect(await readBuild(env, '../kernels')).toBeUndefined();
});

test.each(['6.1.187', '6.12.57-lab+', 'v6.6_rc1'])('%s can be the name of a build', (name) => {
  expect(isBuildName(name)).toBe(true);
});

test.each(['', '.draft', '-x', 'a/b', '..', 'a b', 'x'.repeat(65)])(
  '"%s" can not be the name of a build',
  (name) => {
    expect(isBuildName(name)).toBe(false);
  },
);

test('a build is required by its name, or the newest is', async () => {
  using cache = temporaryFolder();
  const unknown = { code: 'kernel-unknown' };
  const none = { XDG_CACHE_HOME: join(cache.path, 'none') };
  await expect(requireBuildOrNewest(none, undefined)).rejects.toMatchObject(unknown);
  const newer = { ...record, name: 'newer', builtAt: '2026-11-30T12:00:00.000Z' };
  const env = await store(cache, {
    newer: JSON.stringify(newer),
    zoo: JSON.stringify({ ...record, name: 'zoo' }),
  });
  expect(await requireBuildOrNewest(env, undefined)).toMatchObject({ name: 'newer' });
  expect(await requireBuildOrNewest(env, 'zoo')).toMatchObject({ name: 'zoo' });
  await expect(requireBuild(env, 'lab')).rejects.toMatchObject({
    ...unknown,
    hint: 'There are: newer, zoo',
  });
});
