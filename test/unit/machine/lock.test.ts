import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockMachine } from '../../../src/machine/lock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const { signal } = new AbortController();

test('the second one is refused, and gets it once the first lets go', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'lock');
  const first = await lockMachine(file, { waitMs: 0, signal });
  await expect(lockMachine(file, { waitMs: 150, signal })).rejects.toMatchObject({
    code: 'machine-busy',
    status: 75,
  });
  const waiting = lockMachine(file, { waitMs: 10_000, signal });
  await first.release();
  await (await waiting).release();
});

test('a killed holder leaves no stale lock', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'lock');
  const holder = spawn(
    'bash',
    ['-c', 'exec 3>"$0"; flock 3; echo held; exec sleep 60 3>&3', file],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  try {
    await once(holder.stdout, 'data');
    await expect(lockMachine(file, { waitMs: 0, signal })).rejects.toMatchObject({
      code: 'machine-busy',
    });
  } finally {
    holder.kill('SIGKILL');
  }
  await once(holder, 'exit');
  await (await lockMachine(file, { waitMs: 2000, signal })).release();
});

test('waiting for the lock ends with Ctrl-C', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'lock');
  const first = await lockMachine(file, { waitMs: 0, signal });
  const controller = new AbortController();
  const waiting = lockMachine(file, { waitMs: 60_000, signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await first.release();
});
