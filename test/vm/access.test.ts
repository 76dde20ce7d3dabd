import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Every way into a real guest, over one boot of it. The tests build on each other.
const ready = needsOfHost('qemu', 'image-tools', 'sshd');

let lab: Lab;

beforeAll(async () => {
  if (!ready) return;
  lab = await makeLab({ backing: await testImage() });
  const up = await lab.run('up', '--detach');
  expect(up.status, up.stderr).toBe(0);
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

/** The connections that are shared now. */
const shared = (): string[] =>
  readdirSync(lab.paths().runtimeDir).filter((name) => name.startsWith('ctl-'));

describe('one connection', () => {
  test('the password once, then the key; the second command comes the same way', async () => {
    const first = await lab.run('ssh', '--', 'echo $SSH_CONNECTION; uname -r');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/\n6\.1\.\S+-amd64\n$/);
    const key = readFileSync(join(lab.paths().sshDir, 'id_ed25519.pub'), 'utf8');
    const second = await lab.run('ssh', '--', 'echo $SSH_CONNECTION; cat .ssh/authorized_keys');
    expect(second.stdout).toBe(`${first.stdout.split('\n')[0]}\n${key}`);
    expect(shared()).toHaveLength(1);
  });

  test('status, words and account of a command', async () => {
    expect(
      await lab.run('ssh', '-l', 'user', '--', 'sh', '-c', 'echo "$USER"; exit 42'),
    ).toMatchObject({ status: 42, stdout: 'user\n' });
    expect((await lab.run('ssh', '--', 'exit 255')).status).toBe(255);
    expect(await lab.run('exec', 'printf', '%s|', 'a  b', "it's", '', '$HOME', '*')).toMatchObject({
      status: 0,
      stdout: "a  b|it's||$HOME|*|",
    });
    expect((await lab.run('exec', 'sh', '-c', 'exit 7')).status).toBe(7);
    expect((await lab.run('exec', 'no-such-program')).status).toBe(127);
  });

  test('exec passes every byte, both ways', async () => {
    const bytes = randomBytes(3 << 20);
    const returned = await lab.pipe(bytes, 'exec', 'cat');
    expect(returned.equals(bytes)).toBe(true);
  });
});

describe('files', () => {
  test('cp: several sources, folders, any name, there and back', async () => {
    const folder = join(lab.folder, 'φάκελος 1');
    mkdirSync(join(folder, 'in'), { recursive: true });
    for (const name of ['a b', 'γεια', 'x:y', '-n', '*']) {
      writeFileSync(join(folder, 'in', name), `${name}\0`);
    }
    writeFileSync(join(lab.folder, ':odd'), 'odd');
    const there = await lab.run('cp', 'φάκελος 1', './:odd', ':/root/');
    expect(there).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const seen = await lab.run('exec', 'sh', '-c', "cd '/root/φάκελος 1/in' && ls -A -N | sort");
    expect(seen.stdout.split('\n').toSorted()).toEqual(['', '*', '-n', 'a b', 'x:y', 'γεια']);
    mkdirSync(join(lab.folder, 'back'));
    const back = await lab.run('cp', ':φάκελος 1/in/x:y', ':/root/:odd', ':φάκελος 1', 'back');
    expect(back).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(lab.folder, 'back/φάκελος 1/in/γεια'), 'utf8')).toBe('γεια\0');
    expect(readdirSync(join(lab.folder, 'back')).toSorted()).toEqual([':odd', 'x:y', 'φάκελος 1']);
    const missing = await lab.run('cp', ':/root/nothing', 'back');
    expect(missing.status).toBe(69);
    expect(missing.stderr).toContain('/root/nothing');
  });
});

describe('who is let in', () => {
  test('without key and password nobody, and nobody is kept waiting', async () => {
    await lab.run('ssh', '--', 'passwd -l root');
    const { runtimeDir, sshDir } = lab.paths();
    for (const name of shared()) {
      execFileSync('ssh', ['-O', 'exit', '-S', join(runtimeDir, name), 'x'], { stdio: 'ignore' });
    }
    const pair = ['id_ed25519', 'id_ed25519.pub'].map((name) => join(sshDir, name));
    const kept = pair.map((file) => readFileSync(file));
    for (const file of pair) rmSync(file);
    const refused = await lab.run('ssh', '--', 'true');
    expect(refused.status).toBe(69);
    expect(refused.stderr).toContain('does not let root in');
    for (const [at, file] of pair.entries()) {
      writeFileSync(file, kept[at] ?? '', { mode: 0o600 });
    }
  });

  test('another host key under the same name: refused before anything is sent', async () => {
    const { sshDir } = lab.paths();
    const knownHosts = join(sshDir, 'known_hosts');
    const kept = readFileSync(knownHosts, 'utf8');
    const [alias = ''] = kept.split(' ');
    const other = readFileSync(join(sshDir, 'id_ed25519.pub'), 'utf8').split(' ').slice(0, 2);
    writeFileSync(knownHosts, `${alias} ${other.join(' ')}\n`);
    const changed = await lab.run('ssh', '-l', 'user', '--', 'true');
    expect(changed.status).toBe(69);
    expect(changed.stderr).toContain('another host key');
    writeFileSync(knownHosts, kept);
  });
});

test('a guest that was reset is not entered by the connection of before', async () => {
  const bootId = ['exec', '-l', 'user', 'cat', '/proc/sys/kernel/random/boot_id'] as const;
  const before = await lab.run(...bootId);
  expect(before.status, before.stderr).toBe(0);
  const { firmwareLog } = lab.paths();
  const written = statSync(firmwareLog).size;
  const reset = 'echo 1 > /proc/sys/kernel/sysrq; echo b > /proc/sysrq-trigger';
  const pulled = lab.start('exec', '-l', 'user', 'sudo', 'sh', '-c', reset);
  while (statSync(firmwareLog).size === written) await sleep(100);
  pulled.child.kill('SIGKILL');
  let after = await lab.run(...bootId);
  while (after.status !== 0) {
    expect(after.stderr).toContain('booting');
    after = await lab.run(...bootId);
  }
  expect(after.stdout).not.toBe(before.stdout);
  expect(shared()).toHaveLength(1);
});

test('the machine’s end leaves no connection behind', async () => {
  expect(shared()).toHaveLength(1);
  expect((await lab.run('down', '--force')).status).toBe(0);
  expect(shared()).toEqual([]);
  expect(lab.processes()).toEqual([]);
});
