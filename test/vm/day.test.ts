import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeLab } from '../support/lab.ts';
import { testImage } from '../support/image.ts';
import { packProgram } from '../support/program.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// A student's day with a real QEMU and a real guest, by the program as it is
// packed and installed elsewhere.
needsOfHost('qemu', 'image-tools', 'ssh');

/** Installs the packed program into a folder of its own; gives the path of its command. */
function installPacked(folder: string): string {
  const tarball = packProgram(folder);
  const prefix = join(folder, 'installed');
  mkdirSync(prefix);
  execFileSync('npm', ['install', '--offline', '--global', '--prefix', prefix, tarball], {
    stdio: 'ignore',
  });
  return join(prefix, 'bin/utopia');
}

test('up, ssh, the share, reboot, down, reset, undo', { timeout: 900_000 }, async () => {
  using folder = temporaryFolder();
  const program = installPacked(folder.path);
  await using lab = await makeLab({ backing: await testImage(), program });

  const up = await lab.run('up', '--detach', '--yes');
  expect(up.status, up.stderr).toBe(0);
  expect(up.stderr).toMatch(/kernel +Linux 6\.1/);
  expect(up.stderr).toMatch(/ssh +SSH-2\.0-OpenSSH/);

  const uname = await lab.run('ssh', '--', 'uname', '-r');
  expect(uname.status, uname.stderr).toBe(0);
  expect(uname.stdout).toMatch(/^6\.1\.\d+-\d+-amd64\n$/);
  expect((await lab.run('ssh', '--', 'exit', '7')).status).toBe(7);
  expect((await lab.run('ssh', '--', 'echo', 'a  b;', '$HOME')).stdout).toBe('a  b; $HOME\n');
  expect((await lab.run('ssh', '-l', 'user', '--', 'id', '-un')).stdout).toBe('user\n');

  writeFileSync(join(lab.folder, 'shared/from-host'), 'είμαι εδώ\n');
  expect((await lab.run('ssh', '--', 'cat', '/home/user/shared/from-host')).stdout).toBe(
    'είμαι εδώ\n',
  );
  await lab.run('ssh', '--', 'sh', '-c', 'echo here > /home/user/shared/from-guest');
  expect(readFileSync(join(lab.folder, 'shared/from-guest'), 'utf8')).toBe('here\n');

  await lab.run('ssh', '--', 'sh', '-c', 'echo mine > /root/work; sync');
  const down = await lab.run('down');
  expect(down.stdout).toContain('the guest powered down');
  expect(lab.processes()).toEqual([]);

  expect((await lab.run('reset', '--yes')).status).toBe(0);
  expect((await lab.run('up', '--detach')).status).toBe(0);
  expect((await lab.run('ssh', '--', 'cat', '/root/work')).status).not.toBe(0);
  await lab.run('down');
  expect((await lab.run('reset', '--undo')).status).toBe(0);
  expect((await lab.run('up', '--detach')).status).toBe(0);
  expect((await lab.run('ssh', '--', 'cat', '/root/work')).stdout).toBe('mine\n');
});

describe('a guest that breaks', () => {
  test(
    'a panic and a poweroff are told by an up in the foreground',
    { timeout: 600_000 },
    async () => {
      await using lab = await makeLab({ backing: await testImage() });
      const up = lab.start('up');
      await up.sees(/stop +Ctrl-C here/);
      const crash = lab.start('ssh', '--', 'sh', '-c', 'sleep 1; echo c > /proc/sysrq-trigger');
      await up.sees(/kernel panic: sysrq triggered crash/);
      expect((await crash.ended).status).toBe(69);
      up.child.kill('SIGINT');
      await up.sees(/powering off/);
      up.child.kill('SIGINT');
      const { stderr } = await up.ended;
      expect(stderr.match(/kernel (?:panic|has panicked)/g)).toEqual(['kernel panic']);
      expect(stderr).toContain('the plug was pulled');
      expect(lab.processes()).toEqual([]);
    },
  );

  test('an image without a boot loader', { timeout: 300_000 }, async () => {
    await using lab = await makeLab({});
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(69);
    expect(stderr).toMatch(/boot/i);
    expect(stderr).toMatch(/^ {2}Do {2}/m);
    expect(lab.processes()).toEqual([]);
  });
});
