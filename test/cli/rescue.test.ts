import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readState } from '../../src/machine/state.ts';
import { kernelImage } from '../support/kernel-image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// Kernels are taken out of a real file system, through a real overlay; QEMU is a stand-in.
needsOfHost('qemu', 'image-tools');

const [newer, older] = ['6.1.0-38-amd64', '6.1.0-9-amd64'];
const menu = [newer, older]
  .map(
    (version) => `menuentry 'Linux ${version}' {
  linux /boot/vmlinuz-${version} root=UUID=1f ro quiet
  initrd /boot/initrd.img-${version}
}`,
  )
  .join('\n');

/** An image with a partition, in which two kernels lie, and grub's menu. */
function makeImage(folder: string): string {
  const boot = join(folder, 'tree/boot');
  mkdirSync(join(boot, 'grub'), { recursive: true });
  for (const name of ['etc', 'usr']) mkdirSync(join(folder, 'tree', name));
  for (const version of [newer, older]) {
    writeFileSync(join(boot, `vmlinuz-${version}`), kernelImage(version));
    writeFileSync(join(boot, `initrd.img-${version}`), `initramfs of ${version}`);
  }
  writeFileSync(join(boot, 'grub/grub.cfg'), menu);
  const image = join(folder, 'image.raw');
  const label = Buffer.alloc(512);
  // One Linux partition from 1 MiB on (see image/debian/disk.ts).
  label.writeUInt8(0x83, 446 + 4);
  label.writeUInt32LE(2048, 446 + 8);
  label.writeUInt32LE(2048 * 24, 446 + 12);
  label.writeUInt16LE(0xaa55, 510);
  writeFileSync(image, label);
  truncateSync(image, 25 * 1024 ** 2);
  const place = ['-E', 'offset=1048576', '-d', join(folder, 'tree'), image, '24M'];
  execFileSync('mke2fs', ['-q', '-t', 'ext4', ...place], { stdio: ['ignore', 'ignore', 'pipe'] });
  return image;
}

async function makeBootLab(folder: TemporaryFolder): Promise<Lab> {
  const lab = await makeLab({ scenario: {}, backing: makeImage(folder.path) });
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  expect(await lab.run('down')).toMatchObject({ status: 0 });
  return lab;
}

function overlayOf(lab: Lab): string {
  return join(lab.folder, 'private.qcow2');
}

test('--boot-entry boots a kernel of the disk with its own arguments, this time', async () => {
  using folder = temporaryFolder();
  await using lab = await makeBootLab(folder);
  const before = createHash('sha256')
    .update(readFileSync(overlayOf(lab)))
    .digest('hex');
  const { bootDir } = lab.paths();
  expect((await lab.run('up', '--dry-run', '--boot-entry', 'previous')).status).toBe(0);
  expect(existsSync(bootDir)).toBe(false);

  const up = await lab.run('up', '--detach', '--boot-entry', 'previous');
  expect(up.status, up.stderr).toBe(0);
  expect(up.stderr).toMatch(new RegExp(`kernel +${older} of its own disk, this time`));
  const state = await readState(lab.paths());
  expect(state?.plan.kernel).toEqual({
    ...{ name: older, version: older, from: 'disk', append: 'root=UUID=1f ro quiet' },
    ...{ image: join(bootDir, 'kernel'), initrd: join(bootDir, 'initrd') },
  });
  expect(readFileSync(join(bootDir, 'initrd'), 'utf8')).toBe(`initramfs of ${older}`);
  expect(readFileSync(join(bootDir, 'kernel'))).toEqual(kernelImage(older));
  expect([statSync(bootDir).mode & 0o777, statSync(join(bootDir, 'kernel')).mode & 0o777]).toEqual([
    0o700, 0o600,
  ]);
  expect(await lab.run('down')).toMatchObject({ status: 0 });
  expect(
    createHash('sha256')
      .update(readFileSync(overlayOf(lab)))
      .digest('hex'),
  ).toBe(before);

  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  expect((await readState(lab.paths()))?.plan.kernel).toBeUndefined();
});

test('an unknown entry, and a menu that nobody can choose from, list what there is', async () => {
  using folder = temporaryFolder();
  await using lab = await makeBootLab(folder);
  const listed = new RegExp(`${newer} +boots when nobody chooses\n +${older}\n`);
  const unknown = await lab.run('up', '--detach', '--boot-entry', '5.10');
  expect(unknown.status).toBe(69);
  expect(unknown.stderr).toMatch(listed);
  const nobody = await lab.run('up', '--detach', '--boot-entry', 'menu');
  expect(nobody.status).toBe(64);
  expect(nobody.stderr).toMatch(listed);
  expect(await lab.run('up', '--boot-entry', newer, '--kernel', './x')).toMatchObject({
    status: 64,
  });
  expect(lab.processes()).toEqual([]);
});

test('rescue asks before the memory of a suspended machine is lost, and takes the image’s kernel', async () => {
  using folder = temporaryFolder();
  await using lab = await makeBootLab(folder);
  lab.writeConfig(["UTOPIA_EXTRA_ARGS='-device edu'"]);
  const manifest = `${overlayOf(lab)}.vmstate.json`;
  writeFileSync(manifest, '{}');
  const refused = await lab.run('rescue', '--detach');
  expect(refused.status).toBe(69);
  expect(refused.stderr).toContain('What it had in memory is then lost.');
  expect(existsSync(manifest)).toBe(true);

  const rescue = await lab.run('rescue', '--detach', '--yes', '--json');
  expect(rescue.status, rescue.stderr).toBe(0);
  expect(JSON.parse(rescue.stdout)).toMatchObject({
    rescue: 'image-kernel',
    kernel: { name: newer, version: newer },
    disk: overlayOf(lab),
  });
  expect(existsSync(manifest)).toBe(false);
  expect((await readState(lab.paths()))?.plan).toMatchObject({
    extraArgs: [],
    overlay: overlayOf(lab),
  });
  const status = await lab.run('status', '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({ rescue: 'image-kernel' });
  for (const words of [['suspend'], ['snapshot', 'save'], ['rescue'], ['up', '--detach']]) {
    expect([words, (await lab.run(...words)).status]).toEqual([words, 75]);
  }
  expect(await lab.run('down')).toMatchObject({ status: 0 });
});

test('what there is nothing to rescue of, or no kernel for, is said', async () => {
  await using empty = await makeLab({ scenario: {} });
  const never = await empty.run('rescue');
  expect(never.status).toBe(69);
  expect(never.stderr).toMatch(/nothing\s+to\s+rescue/);
  expect(await empty.run('up', '--detach')).toMatchObject({ status: 0 });
  expect(await empty.run('down')).toMatchObject({ status: 0 });
  const foreign = await empty.run('rescue', '--detach');
  expect(foreign.status).toBe(69);
  expect(foreign.stderr).toMatch(/no\s+file\s+system\s+is\s+found\s+in\s+it/);
  expect(foreign.stderr).toContain('utopia rescue --attach');
  expect(empty.processes()).toEqual([]);
});
