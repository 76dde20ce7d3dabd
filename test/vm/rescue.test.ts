import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

needsOfHost('qemu', 'image-tools', 'ssh');

async function inGuest(lab: Lab, command: string): Promise<string> {
  const { status, stdout, stderr } = await lab.run('ssh', '--', command);
  expect(status, stderr).toBe(0);
  return stdout.trim();
}

async function start(lab: Lab, ...words: readonly string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await lab.run(...words, '--detach', '--json');
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('a machine without /boot, then without init, is rescued, and boots again', async () => {
  await using lab = await makeLab({ backing: await testImage() });
  const { rescueDir } = lab.paths();

  // A kernel of its own disk, with the words of its own menu.
  const booted = await start(lab, 'up', '--boot-entry', '6.');
  const version = await inGuest(lab, 'uname -r');
  expect(booted['kernel']).toEqual({ name: version, version });
  expect(await inGuest(lab, 'cat /proc/cmdline')).toMatch(/^root=\/dev\/vda1 rw .*nokaslr/);
  await inGuest(lab, 'echo precious > /root/work; rm -rf /boot/*; sync');
  expect((await lab.run('down')).status).toBe(0);

  const failed = await lab.run('up', '--detach');
  expect(failed.status).toBe(69);
  expect(failed.stderr).toMatch(/Do\s+utopia rescue/);
  const gone = await lab.run('up', '--detach', '--boot-entry', 'previous');
  expect(gone.status).toBe(69);
  expect(gone.stderr).toContain('There is no kernel in /boot');

  const rescued = await start(lab, 'rescue');
  expect(rescued).toMatchObject({ rescue: 'image-kernel', kernel: { version } });
  expect(await inGuest(lab, 'cat /root/work; uname -r; modprobe dummy')).toBe(
    `precious\n${version}`,
  );
  expect((await lab.run('status')).stdout).toContain('rescue: with the kernel of its image');
  expect((await lab.run('suspend')).status).toBe(75);
  expect(await lab.run('rescue')).toMatchObject({ status: 75 });
  // What an update that was interrupted can leave behind.
  await inGuest(lab, 'mv /usr/sbin/init /usr/sbin/init.away; sync');
  expect((await lab.run('down')).status).toBe(0);

  const again = await lab.run('rescue', '--detach');
  expect(again.status).toBe(69);
  expect(again.stderr).toContain('utopia rescue --attach');

  const attached = await start(lab, 'rescue', '--fsck');
  expect(attached).toMatchObject({
    rescue: 'attached',
    mountPoint: '/mnt/broken',
    mounting: { device: '/dev/vdb1', access: 'read-write' },
  });
  expect(attached['snapshot']).toMatch(/^before-fsck-/);
  expect((await lab.run('snapshot', 'list')).stdout).toContain('before-fsck-');
  expect((await lab.run('cp', ':/mnt/broken/root/work', '.')).status).toBe(0);
  expect(readFileSync(join(lab.folder, 'work'), 'utf8')).toBe('precious\n');
  expect(await inGuest(lab, 'findmnt -no SOURCE /')).toBe('/dev/vda1');
  await inGuest(
    lab,
    'cp -a /boot/. /mnt/broken/boot/; cd /mnt/broken/usr/sbin; mv init.away init; sync',
  );
  expect((await lab.run('down')).status).toBe(0);
  expect(existsSync(rescueDir)).toBe(false);

  expect(await start(lab, 'up')).not.toHaveProperty('kernel');
  expect(await inGuest(lab, 'cat /root/work')).toBe('precious');
  expect((await lab.run('down')).status).toBe(0);
  execFileSync('qemu-img', ['check', '-q', join(lab.folder, 'private.qcow2')]);
  expect(lab.processes()).toEqual([]);
});
