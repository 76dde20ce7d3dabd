import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startQemu } from '../support/boot.ts';
import { testImage } from '../support/image.ts';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ready = needsOfHost('qemu', 'image-tools');

let image = '';
beforeAll(async () => {
  if (ready) image = await testImage();
});

/** Asks debugfs of the image's file system; the partition starts at 1 MiB. */
function askDebugfs(request: string): string {
  return execFileSync('debugfs', ['-R', request, `${image}?offset=${1024 ** 2}`], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Takes a file out of /boot of the image. */
function takeFromBoot(name: RegExp, folder: string): string {
  const names = askDebugfs('ls -p /boot').split('/');
  const file = names.find((each) => name.test(each)) ?? '';
  askDebugfs(`dump /boot/${file} ${join(folder, file)}`);
  return join(folder, file);
}

test("Debian's kernel panics without an initramfs, as kernel check says of its configuration", async () => {
  using folder = temporaryFolder();
  const kernel = takeFromBoot(/^vmlinuz-/, folder.path);
  const config = takeFromBoot(/^config-/, folder.path);
  await using lab = await makeLab();
  const { status, stdout } = await lab.run('kernel', 'check', kernel, '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ source: config, verdict: 'needs-initramfs' });
  const log = join(folder.path, 'console');
  const machine = startQemu([
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-m', '512M'],
    ...['-drive', `file=${image},format=raw,if=virtio,snapshot=on`, '-serial', `file:${log}`],
    ...['-kernel', kernel, '-append', 'root=/dev/vda1 rw console=ttyS0 panic=-1'],
  ]);
  try {
    // The panic restarts the machine, which ends QEMU.
    if (machine.child.exitCode === null) await once(machine.child, 'close');
  } finally {
    await machine.stop();
  }
  expect(readFileSync(log, 'latin1')).toContain(
    'VFS: Unable to mount root fs on unknown-block(0,0)',
  );
});
