import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Interruption } from '../../../src/environment.ts';
import { runInGuest } from '../../../src/guest/ssh.ts';
import type { GuestAccess } from '../../../src/guest/guest-access.ts';
import { explainSsh } from '../../../src/guest/ssh-trouble.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

needsOfHost('ssh');

/**
 * A program named ssh before the real one: it asks for the password as ssh does
 * until the key is "installed", writes down its arguments and environment, and
 * then does what the test wants.
 */
function fakeSsh(folder: string, action: string): GuestAccess {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const program = `#!/bin/sh
[ "$1" = -V ] && { echo "OpenSSH_9.2p1" >&2; exit 0; }
# Nothing is shared here: no socket is made.
case "$*" in *ControlMaster=yes*) exit 0 ;; esac
printf '%s\\n' "$@" >>"${folder}/arguments"
log=$4
if [ ! -e "${folder}/key-taken" ]; then
  answer=$("$SSH_ASKPASS" "root@127.0.0.1's password: ") || { echo "root@127.0.0.1: Permission denied (publickey,password)." >>"$log"; exit 255; }
  echo "$answer" >>"${folder}/passwords"
  if [ "$answer" != root ]; then exit 255; fi
fi
for last; do :; done
case $last in *authorized_keys*) touch "${folder}/key-taken"; exit 0 ;; esac
${action}
`;
  writeFileSync(join(bin, 'ssh'), program);
  chmodSync(join(bin, 'ssh'), 0o755);
  return {
    host: '127.0.0.1',
    port: 22_223,
    login: 'root',
    machineId: 'lab-1',
    sshDir: join(folder, 'ssh'),
    runtimeDir: join(folder, 'run'),
    bootMark: 'boot 1',
    checkPort: () => Promise.resolve(),
    env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
    signal: new AbortController().signal,
  };
}

test('the guide’s password once, then the key; the password is in no argument', async () => {
  using folder = temporaryFolder();
  const access = fakeSsh(folder.path, 'echo out; echo err >&2; exit 7');
  const result = { status: 7, stdout: 'out\n', stderr: 'err\n' };
  expect(await runInGuest(access, 'whoami')).toEqual(result);
  expect(await runInGuest(access, 'whoami')).toEqual(result);
  expect(readFileSync(join(folder.path, 'passwords'), 'utf8')).toBe('root\n');
  expect(existsSync(join(folder.path, 'ssh/installed-root'))).toBe(true);
  const words = readFileSync(join(folder.path, 'arguments'), 'utf8').split('\n');
  expect(words.filter((word) => word === 'root')).toHaveLength(3); // -l root, three times
  expect(readdirSync(join(folder.path, 'run'))).toEqual([]);
});

test('a key that is refused again is replaced at the next login', async () => {
  using folder = temporaryFolder();
  const access = fakeSsh(folder.path, `rm -f "${folder.path}/key-taken"; exit 0`);
  await runInGuest(access, 'true');
  expect((await runInGuest(access, 'true')).status).toBe(0);
  expect(existsSync(join(folder.path, 'ssh/installed-root'))).toBe(false);
});

/** The shared connection, which has the outputs open for as long as the command runs in the guest. */
const held = (folder: string): string =>
  `sleep 600 & echo $! >"${folder}/holder"; echo on; exec sleep 600 >/dev/null 2>&1`;

test('a command that goes on in the guest does not hold up one that gave it up', async () => {
  using folder = temporaryFolder();
  const access = fakeSsh(folder.path, held(folder.path));
  const controller = new AbortController();
  const stopped = runInGuest({ ...access, signal: controller.signal }, 'sleep 600', {
    take: {
      stdout: () => {
        controller.abort(new Interruption('SIGINT'));
        return undefined;
      },
    },
  });
  await expect(stopped).rejects.toThrow(Interruption);
  process.kill(Number(readFileSync(join(folder.path, 'holder'), 'utf8')));
});

test('a changed password without a terminal is an error that says so', async () => {
  using folder = temporaryFolder();
  const access = { ...fakeSsh(folder.path, 'exit 0'), login: 'somebody' };
  await expect(runInGuest(access, 'true')).rejects.toMatchObject({
    code: 'ssh-unavailable',
    message: expect.stringContaining('does not let somebody in') as string,
  });
});

test('a command’s own 255 is a result, ssh’s is an error', async () => {
  using folder = temporaryFolder();
  const access = fakeSsh(
    folder.path,
    'if [ "$last" = own ]; then exit 255; fi; echo "Connection refused" >>"$log"; exit 255',
  );
  expect((await runInGuest(access, 'own')).status).toBe(255);
  await expect(runInGuest(access, 'other')).rejects.toMatchObject({ code: 'ssh-unavailable' });
});

test('an interruption ends ssh, and is what is thrown', async () => {
  using folder = temporaryFolder();
  const controller = new AbortController();
  const access = { ...fakeSsh(folder.path, 'exec sleep 60'), signal: controller.signal };
  const running = runInGuest(access, 'true');
  const reason = new Interruption('SIGINT');
  setTimeout(() => controller.abort(reason), 300);
  await expect(running).rejects.toBe(reason);
});

test('a command that is ready is answered with what it has said in mind', async () => {
  using folder = temporaryFolder();
  const action = 'echo "is it ready"; sleep 0.1; printf rea; sleep 0.1; printf "dy\\n"; cat';
  const access = fakeSsh(folder.path, action);
  const heard: string[] = [];
  const answer = async (said: string): Promise<string> => {
    heard.push(said);
    return await Promise.resolve('yes\n');
  };
  const { stdout } = await runInGuest(access, 'ask', { answer });
  expect(heard).toEqual(['is it ready\n']);
  expect(stdout).toBe('is it ready\nready\nyes\n');
});

function noAnswer(): never {
  throw new Error('no room');
}

test('one that is never ready, or cannot be answered, ends without input', async () => {
  using folder = temporaryFolder();
  const access = fakeSsh(folder.path, '[ -e "$0.ready" ] && echo ready; cat; exit 3');
  // Its input stays open until it ends by itself, so this one reads nothing.
  const silent = fakeSsh(join(folder.path, 'run-silent'), 'exit 3');
  expect(await runInGuest(silent, 'silent', { answer: noAnswer })).toMatchObject({ status: 3 });
  writeFileSync(join(folder.path, 'bin/ssh.ready'), '');
  await expect(runInGuest(access, 'ask', { answer: noAnswer })).rejects.toThrow('no room');
});

test('no ssh at all names the package', async () => {
  using folder = temporaryFolder();
  const access = fakeSsh(folder.path, 'exit 0');
  await runInGuest(access, 'true');
  const env = { ...access.env, PATH: join(folder.path, 'empty') };
  await expect(runInGuest({ ...access, env }, 'true')).rejects.toMatchObject({
    code: 'program-missing',
  });
});

const target = {
  host: '127.0.0.1',
  port: 1,
  login: 'root',
  alias: 'utopia-lab',
  knownHostsFile: '/k',
  identityFile: '/i',
};

test.each([
  [
    '@@@\nWARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key verification failed.',
    'another host key',
  ],
  ['root@127.0.0.1: Permission denied (publickey,password).', 'does not let root in'],
  ['kex_exchange_identification: Connection closed by remote host', 'closed the connection'],
  ['ssh: connect to host 127.0.0.1 port 1: Connection refused', 'does not answer on port 1'],
  ['client_loop: send disconnect: Broken pipe', 'ssh could not go on'],
])('%j is explained', (log, words) => {
  expect(explainSsh(log, target).message).toContain(words);
});

test('a guest without memory is told as the cause of what ssh says, but not of a wrong host key', () => {
  const cause = 'it has too little memory, and its kernel has ended unix_chkpwd for that.';
  const refused = explainSsh('root@127.0.0.1: Permission denied (publickey).', target, cause);
  expect(refused.message).toBe(`The guest does not let root in: ${cause}`);
  expect(refused.hint).toContain('--memory 512M');
  expect(refused.details).toEqual(['root@127.0.0.1: Permission denied (publickey).']);
  const other = explainSsh('Host key verification failed.', target, cause);
  expect(other.message).toContain('another host key');
});
