import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isSource, watchSources } from '../../../../src/lifecycle/module/watch-sources.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test.each([
  ['lunix.c', true],
  ['lunix.h', true],
  ['Kbuild', true],
  ['test.sh', true],
  ['lunix.mod.c', false],
  ['.lunix.c.swp', false],
  ['.lunix.o.cmd', false],
  ['lunix.ko', false],
  ['compile_commands.json', false],
])('%s is edited: %s', (name, is) => {
  expect(isSource(name)).toBe(is);
});

test('a save is told once, also one from before it was asked for', async () => {
  using folder = temporaryFolder();
  using saves = watchSources(folder.path);
  const { signal } = new AbortController();
  writeFileSync(join(folder.path, 'draft'), 'int x;');
  renameSync(join(folder.path, 'draft'), join(folder.path, 'a.c'));
  await saves.next(signal);
  const second = saves.next(signal);
  writeFileSync(join(folder.path, 'a.o'), '');
  writeFileSync(join(folder.path, 'b.h'), '');
  await second;
});

test('Ctrl-C ends the wait', async () => {
  using folder = temporaryFolder();
  using saves = watchSources(folder.path);
  const stop = new AbortController();
  const waiting = saves.next(stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
