import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UtopiaError } from '../../../src/errors.ts';
import { closeShared, isServed, sharedSocket } from '../../../src/guest/shared-connection.ts';
import { runInGuest } from '../../../src/guest/ssh.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { startSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// With OpenSSH's own server in the guest's place.
needsOfHost('sshd');

/** Number of the connection that a command came through: another one for every TCP connection. */
const whichConnection = 'echo $SSH_CONNECTION';

test('the second command comes through the connection of the first', async () => {
  using folder = temporaryFolder();
  await using server = await startSshd(folder.path);
  const first = await runInGuest(server.access, whichConnection);
  const second = await runInGuest(server.access, `${whichConnection}; exit 3`);
  expect(first.status).toBe(0);
  expect(second).toEqual({ status: 3, stdout: first.stdout, stderr: '' });
  const [socket, ...others] = readdirSync(server.access.runtimeDir);
  expect(others).toEqual([]);
  expect(sharedSocket(server.access)).toBe(join(server.access.runtimeDir, socket ?? ''));
  await closeShared(server.access.runtimeDir, process.env);
  expect(readdirSync(server.access.runtimeDir)).toEqual([]);
});

test('many at once share one connection, and none is left over', async () => {
  using folder = temporaryFolder();
  await using server = await startSshd(folder.path);
  const results = await Promise.all(
    [1, 2, 3, 4].map((each) => runInGuest(server.access, `echo ${each}`)),
  );
  expect(results.map(({ stdout }) => stdout)).toEqual(['1\n', '2\n', '3\n', '4\n']);
  expect(readdirSync(server.access.runtimeDir)).toHaveLength(1);
  const after = await Promise.all(
    [1, 2].map(async () => (await runInGuest(server.access, whichConnection)).stdout),
  );
  expect(after[0]).toBe(after[1]);
  await closeShared(server.access.runtimeDir, process.env);
});

test('a later boot never comes through an earlier one’s connection, and ends it', async () => {
  using folder = temporaryFolder();
  await using server = await startSshd(folder.path);
  await runInGuest(server.access, 'true');
  const earlier = sharedSocket(server.access) ?? '';
  let asked = 0;
  const later = {
    ...server.access,
    bootMark: 'boot 2',
    checkPort: () => Promise.resolve(void (asked += 1)),
  };
  await runInGuest(later, 'true');
  expect(asked).toBe(1);
  expect(await isServed(earlier)).toBe(false);
  expect(readdirSync(later.runtimeDir)).toHaveLength(1);
  await closeShared(later.runtimeDir, process.env);
});

test('a server that has gone takes the connection with it; a killed ssh’s socket is no hindrance', async () => {
  using folder = temporaryFolder();
  await using server = await startSshd(folder.path);
  await runInGuest(server.access, 'true');
  const socket = sharedSocket(server.access) ?? '';
  expect(await isServed(socket)).toBe(true);
  await server.stop();
  await closeShared(server.access.runtimeDir, process.env);
  expect(await isServed(socket)).toBe(false);
  writeFileSync(socket, '');
  await expect(runInGuest(server.access, 'true')).rejects.toMatchObject({
    code: 'ssh-unavailable',
  });
});

test('a port that leads elsewhere is not connected to', async () => {
  using folder = temporaryFolder();
  await using server = await startSshd(folder.path);
  const refusal = new Error('somebody else’s');
  const access = { ...server.access, checkPort: () => Promise.reject(refusal) };
  await expect(runInGuest(access, 'true')).rejects.toBe(refusal);
});

test('where a socket’s path would be too long, every command has its own connection', async () => {
  using folder = temporaryFolder();
  await using server = await startSshd(folder.path);
  const access = { ...server.access, runtimeDir: join(folder.path, 'x'.repeat(90)) };
  expect(sharedSocket(access)).toBeUndefined();
  const first = await runInGuest(access, whichConnection);
  const second = await runInGuest(access, whichConnection);
  expect(second.status).toBe(0);
  expect(second.stdout).not.toBe(first.stdout);
  expect(readdirSync(access.runtimeDir)).toEqual([]);
});

test('a session whose connection breaks is no command that ended with 255', async () => {
  using folder = temporaryFolder();
  await using server = await startSshd(folder.path);
  await runInGuest(server.access, 'true');
  const session = runInGuest(server.access, 'sleep 60');
  setTimeout(() => void closeShared(server.access.runtimeDir, process.env), 1_000);
  await expect(session).rejects.toMatchObject({ code: 'ssh-unavailable' });
});

test('a guest that stands still ends the session, and whoever reads what it prints', async () => {
  using folder = temporaryFolder();
  await using server = await startSshd(folder.path);
  const stopped = join(folder.path, 'stopped');
  const access = {
    ...server.access,
    // Said when the server of this connection answers nobody any more, as a panicked kernel.
    watchLoss: (onLoss: (error: UtopiaError) => void) => {
      const timer = setInterval(() => {
        if (existsSync(stopped)) onLoss(new UtopiaError('guest-lost', 'It is gone.', {}));
      }, 50);
      return () => clearInterval(timer);
    },
  };
  const stand = `(sleep 0.2; echo $PPID > '${stopped}'; kill -STOP $PPID) & sleep 30`;
  try {
    await expect(runInGuest(access, stand)).rejects.toThrow('It is gone.');
    expect(readdirSync(access.runtimeDir)).toEqual([]);
  } finally {
    process.kill(Number(readFileSync(stopped, 'utf8')), 'SIGKILL');
  }
});
