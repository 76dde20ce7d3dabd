import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const node = process.env['UTOPIA_TEST_NODE'] ?? process.execPath;
const program = join(import.meta.dirname, '../../bin/utopia.js');

/** Exit status and output of `utopia config --json` with a cache of its own. */
function run(folder: string): readonly unknown[] {
  const { status, stdout, stderr } = spawnSync(node, [program, 'config', '--json'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') },
    encoding: 'utf8',
  });
  return [status, stdout, stderr];
}

/** Every file below the folder, with what is in it. */
function contentsOf(folder: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
  return new Map(files.map((path) => [path, readFileSync(path)]));
}

test('compiled code is kept for the next run, and never trusted', () => {
  using folder = temporaryFolder();
  const kept = join(folder.path, 'cache/utopia/compiled');
  const first = run(folder.path);
  expect([first[0], first[2]]).toEqual([0, '']);
  const files = contentsOf(kept);
  expect(files.size).toBeGreaterThan(2);
  expect(run(folder.path)).toEqual(first);
  expect(contentsOf(kept)).toEqual(files);

  for (const [path, code] of files) {
    // One cut short, one of other code, one that is nothing.
    for (const spoilt of [code.subarray(0, code.length / 2), Buffer.alloc(code.length), '']) {
      writeFileSync(path, spoilt);
      expect(run(folder.path)).toEqual(first);
    }
  }
});

test('a cache that cannot be written is done without', () => {
  using folder = temporaryFolder();
  const first = run(folder.path);
  rmSync(join(folder.path, 'cache/utopia/compiled'), { recursive: true });
  writeFileSync(join(folder.path, 'cache/utopia/compiled'), 'a file');
  expect(run(folder.path)).toEqual(first);
});

test('a cache in a folder that takes none is done without, and ends nothing', () => {
  using folder = temporaryFolder();
  const { status, stderr } = spawnSync(node, [program, 'ls'], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path, XDG_CACHE_HOME: '/proc/self/none' },
    timeout: 20_000,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
