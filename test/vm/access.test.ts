import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crashImage } from '../support/crash-image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { makeNetwork, type Network } from '../support/network.ts';
import { needsOfHost } from '../support/requirements.ts';
import { startSshd } from '../support/sshd.ts';

// Every way into a real guest, over one boot of it. The tests build on each other.
const ready = needsOfHost('qemu', 'image-tools', 'sshd', 'network-namespaces');

let lab: Lab;
let network: Network;

beforeAll(async () => {
  if (!ready) return;
  network = await makeNetwork();
  lab = await makeLab({ backing: await crashImage(), within: network.within });
  const up = await lab.run('up', '--detach');
  expect(up.status, up.stderr).toBe(0);
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  network?.[Symbol.dispose]();
});

/** Runs a program of the host where the machine's ports are. */
function here(...words: readonly string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  const [nsenter, ...args] = [...network.within, ...words];
  return spawnSync(nsenter, args, {
    encoding: 'utf8',
    cwd: lab.folder,
    env: lab.env,
    timeout: 120_000,
  });
}

/** What greets at an SSH port there, by default the guest's, or the complaint of a shell that nobody let in. */
function greeting(host: string, port = lab.sshPort): string {
  const script = 'exec 3<>"/dev/tcp/$0/$1" && head -c 4 <&3';
  const { stdout, stderr } = here('timeout', '20', 'bash', '-c', script, host, String(port));
  return stdout + stderr;
}

async function setPassword(account: string, password: string): Promise<void> {
  const changed = await lab.runWithInput(password, 'passwd', account, '--stdin');
  expect(changed.status, changed.stderr).toBe(0);
}

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

// Early: QEMU keeps what it has translated of a kernel over a reset, and each byte that the next
// boot writes there is slow then, by minutes after much work.
test('a guest that was reset is not entered by the connection of before', async () => {
  const bootId = ['exec', '-l', 'user', 'cat', '/proc/sys/kernel/random/boot_id'] as const;
  const before = await lab.run(...bootId);
  expect(before.status, before.stderr).toBe(0);
  const { firmwareLog } = lab.paths();
  const written = statSync(firmwareLog).size;
  const reset = 'sync; echo 1 > /proc/sys/kernel/sysrq; echo b > /proc/sysrq-trigger';
  const pulled = await lab.run('exec', '-l', 'user', 'sudo', 'sh', '-c', reset);
  // Its connection would have stayed for three minutes.
  expect(pulled.status).toBe(69);
  expect(pulled.stderr).toContain('The guest was reset');
  expect(statSync(firmwareLog).size).toBeGreaterThan(written);
  let after = await lab.run(...bootId);
  while (after.status !== 0) {
    expect(after.stderr).toContain('booting');
    after = await lab.run(...bootId);
  }
  expect(after.stdout).not.toBe(before.stdout);
  expect(shared()).toHaveLength(1);
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

describe('other programs', () => {
  test('ssh, scp, rsync and sshfs reach it through the Host block', async () => {
    const config = join(lab.env['HOME'] ?? '', '.ssh/config');
    const installed = await lab.run('ssh-config', '--install');
    expect(installed.status, installed.stderr).toBe(0);
    const { stdout: block } = await lab.run('ssh-config');
    const name = /^Host (\S+)/m.exec(block)?.[1] ?? '';
    expect(here('ssh', '-F', config, name, 'id', '-un').stdout).toBe('root\n');

    const tree = join(lab.folder, 'tree');
    mkdirSync(join(tree, 'sub'), { recursive: true });
    const bytes = randomBytes(300_000);
    writeFileSync(join(tree, 'sub/file'), bytes);
    expect(here('scp', '-F', config, '-r', 'tree', `${name}:/root/`)).toMatchObject({ status: 0 });
    writeFileSync(join(tree, 'sub/new'), 'new');
    const rsync = here('rsync', '-a', '-i', '-e', `ssh -F ${config}`, 'tree', `${name}:/root/`);
    expect(rsync, rsync.stderr).toMatchObject({ status: 0 });
    expect(rsync.stdout).toContain('tree/sub/new');
    const sum = await lab.run('exec', 'sha256sum', '/root/tree/sub/file');
    expect(sum.stdout.split(' ')[0]).toBe(createHash('sha256').update(bytes).digest('hex'));

    const mounted = join(lab.env['HOME'] ?? '', 'mounted');
    mkdirSync(mounted);
    const sshfs = here('sshfs', '-F', config, `${name}:/root/tree`, mounted);
    expect(sshfs, sshfs.stderr).toMatchObject({ status: 0 });
    try {
      expect(readFileSync(join(mounted, 'sub/file')).equals(bytes)).toBe(true);
      writeFileSync(join(mounted, 'from-host'), 'written over sshfs');
    } finally {
      here('fusermount3', '-u', mounted);
    }
    expect((await lab.run('exec', 'cat', '/root/tree/from-host')).stdout).toBe(
      'written over sshfs',
    );
    expect((await lab.run('ssh-config', '--remove')).status).toBe(0);
  });
});

describe('mount', () => {
  test('sets the share up where the guest lacks it, once', async () => {
    writeFileSync(join(lab.folder, 'shared/from-host'), 'here');
    const at = '/home/user/shared';
    const there = await lab.run('mount');
    expect(there.stdout).toContain(`is already ${at} in the guest`);
    const units = 'home-user-shared.automount home-user-shared.mount';
    await lab.run('ssh', '--', `systemctl mask --now ${units}; systemctl stop ${units}`);
    expect((await lab.run('exec', 'cat', `${at}/from-host`)).status).not.toBe(0);

    const mounted = await lab.run('mount');
    expect(mounted.status, mounted.stderr).toBe(0);
    expect((await lab.run('exec', 'cat', `${at}/from-host`)).stdout).toBe('here');
    expect(JSON.parse((await lab.run('mount', '--json')).stdout)).toMatchObject({
      schema: 1,
      end: 'there',
      folder: at,
      sharedDir: join(lab.folder, 'shared'),
    });
    const fstab = await lab.run('exec', 'grep', '-c', `^shared ${at} 9p `, '/etc/fstab');
    expect(fstab.stdout).toBe('1\n');
    const occupied = await lab.run('mount', '/proc');
    expect(occupied.status).toBe(69);
    expect(occupied.stderr).toContain('/proc has a proc file system already');
  });

  test('--sshfs brings a folder of the host, as the lab guide does', async () => {
    const refused = await lab.run('mount', '--sshfs', 'shared');
    expect(refused.status).toBe(69);
    expect(refused.stderr).toContain('No SSH server answers on port 22 of this host');

    await lab.run('ssh', '--', 'ssh-keygen -q -t ed25519 -N "" -f .ssh/id_ed25519 </dev/null');
    const key = await lab.run('exec', 'cat', '.ssh/id_ed25519.pub');
    const folder = join(lab.env['HOME'] ?? '', 'sshd');
    mkdirSync(folder);
    await using server = await startSshd(folder, { port: 22, within: network.within });
    writeFileSync(server.authorizedKeys, key.stdout);
    await expect.poll(() => greeting('127.0.0.1', 22), { timeout: 20_000 }).toBe('SSH-');
    const mounted = await lab.run('mount', '--sshfs', 'shared');
    expect(mounted.status, mounted.stderr).toBe(0);
    const seen = await lab.run('exec', '-l', 'user', 'cat', '/home/user/host/from-host');
    expect(seen.stdout).toBe('here');
    const wrote = 'echo mine > /home/user/host/from-user';
    expect((await lab.run('ssh', '-l', 'user', '--', wrote)).status).toBe(0);
    expect(readFileSync(join(lab.folder, 'shared/from-user'), 'utf8')).toBe('mine\n');
    await lab.run('exec', 'umount', '/home/user/host');
  });
});

describe('SSH for others', () => {
  test('not while the guide’s passwords work, then on the one address, then on all', async () => {
    lab.writeConfig([`UTOPIA_SSH_INTERFACE=${network.address}`]);
    const refused = await lab.run('expose');
    expect(refused.status).toBe(69);
    expect(refused.stderr).toContain('root and user still have');
    expect(greeting(network.address)).toContain('refused');

    await setPassword('root', 'αβγ "x" $y');
    expect((await lab.run('expose')).stderr).toContain('user still has');
    expect(greeting(network.address)).toContain('refused');
    await setPassword('user', 'another one');
    // passwd itself has opened it: the last guide's password is gone.
    expect(greeting(network.address)).toBe('SSH-');
    expect(greeting('127.0.0.1')).toBe('SSH-');
    expect((await lab.run('expose', '--off')).status).toBe(0);
    expect(greeting(network.address)).toContain('refused');
    expect(greeting('127.0.0.1')).toBe('SSH-');

    lab.writeConfig(['UTOPIA_SSH_INTERFACE=0.0.0.0']);
    expect((await lab.run('expose')).stdout).toContain('is open on 0.0.0.0');
    expect(greeting(network.address)).toBe('SSH-');
    expect((await lab.run('exec', 'true')).status).toBe(0);
    // One guide's password back is enough to be refused the next time.
    expect((await lab.run('expose', '--off')).status).toBe(0);
    await setPassword('user', 'user');
    expect((await lab.run('expose')).stderr).toContain('user still has');
    expect(greeting(network.address)).toContain('refused');
    expect(greeting('127.0.0.1')).toBe('SSH-');
    lab.writeConfig([]);
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

test('the machine’s end leaves no connection behind', async () => {
  expect(shared()).not.toEqual([]);
  expect((await lab.run('down', '--force')).status).toBe(0);
  expect(shared()).toEqual([]);
  expect(lab.processes()).toEqual([]);
});
