import { mkdirSync, chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareFolders } from '../../../src/machine/folders.ts';
import { checkSocketPaths, machinePaths } from '../../../src/machine/paths.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const uid = process.getuid?.() ?? 0;

test('one config file, one machine; another file in the same folder, another machine', () => {
  const env = { HOME: '/home/a' };
  const first = machinePaths({ file: '/lab/utopia.config' }, env, 1000);
  expect(machinePaths({ file: '/lab/utopia.config' }, env, 1000)).toEqual(first);
  expect(machinePaths({ file: '/lab/other.config' }, env, 1000).id).not.toBe(first.id);
  expect(machinePaths({ file: '/εργαστήριο/utopia.config' }, env, 1000).id).toMatch(
    /^machine-[0-9a-f]{8}$/,
  );
});

test('state and runtime folders follow XDG, and ignore relative values', () => {
  const paths = machinePaths(
    { file: '/lab/u' },
    { HOME: '/h', XDG_STATE_HOME: 'rel', TMPDIR: '/t' },
    7,
  );
  expect(paths.stateDir).toBe(`/h/.local/state/utopia/${paths.id}`);
  expect(paths.runtimeDir).toBe(`/t/utopia-7/${paths.id}`);
});

test('a socket path that the system could not bind is refused before anything starts', () => {
  const long = machinePaths(
    { file: '/lab/u' },
    { HOME: '/h', XDG_RUNTIME_DIR: `/${'x'.repeat(90)}` },
    7,
  );
  expect(() => checkSocketPaths(long)).toThrow(/has 1\d\d bytes, the system allows 107/);
  checkSocketPaths(
    machinePaths({ file: '/lab/u' }, { HOME: '/h', XDG_RUNTIME_DIR: '/run/user/7' }, 7),
  );
});

test('folders are made private', async () => {
  using folder = temporaryFolder();
  const env = { HOME: folder.path, XDG_RUNTIME_DIR: join(folder.path, 'run') };
  const paths = machinePaths({ file: '/lab/u' }, env, uid);
  await prepareFolders(paths, uid);
  await prepareFolders(paths, uid);
});

test.each([
  ['that others can write to', (path: string) => (mkdirSync(path), chmodSync(path, 0o777))],
  ['that is a link to elsewhere', (path: string) => symlinkSync('/tmp', path)],
])('a runtime folder %s is refused', async (_what, make) => {
  using folder = temporaryFolder();
  const env = { HOME: folder.path, TMPDIR: folder.path };
  make(join(folder.path, `utopia-${uid}`));
  const paths = machinePaths({ file: '/lab/u' }, env, uid);
  await expect(prepareFolders(paths, uid)).rejects.toMatchObject({ code: 'folder-unsafe' });
});

test('a runtime folder of somebody else is refused', async () => {
  using folder = temporaryFolder();
  const paths = machinePaths(
    { file: '/lab/u' },
    { HOME: folder.path, TMPDIR: folder.path },
    uid + 1,
  );
  await expect(prepareFolders(paths, uid + 1)).rejects.toThrow(/belongs to user id/);
});
