import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { changeLogin } from '../../../../src/lifecycle/watch/login-lock.ts';
import { pathsOfId } from '../../../../src/machine/paths.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { mkdirSync } from 'node:fs';

test('one change of the login waits for another', async () => {
  using folder = temporaryFolder();
  const paths = pathsOfId('lab', { XDG_STATE_HOME: folder.path }, 0);
  mkdirSync(paths.stateDir, { recursive: true });
  const { signal } = new AbortController();
  const said: string[] = [];
  let letGo: (() => void) | undefined;
  const first = changeLogin({ signal }, { paths }, async () => {
    said.push('first begins');
    await new Promise<void>((resolve) => (letGo = resolve));
    said.push('first ends');
  });
  while (said.length === 0) await turn();
  const second = changeLogin({ signal }, { paths }, async () => void said.push('second'));
  // Time enough for one that does not wait.
  for (let turns = 0; turns < 1_000; turns += 1) await turn();
  letGo?.();
  await Promise.all([first, second]);
  expect(said).toEqual(['first begins', 'first ends', 'second']);
});

test('a change that fails lets the next one go on', async () => {
  using folder = temporaryFolder();
  const paths = pathsOfId('lab', { XDG_STATE_HOME: folder.path }, 0);
  mkdirSync(paths.stateDir, { recursive: true });
  const { signal } = new AbortController();
  const failing = changeLogin({ signal }, { paths }, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  await expect(changeLogin({ signal }, { paths }, () => Promise.resolve(1))).resolves.toBe(1);
});
