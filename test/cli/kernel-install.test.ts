import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labWithGuest } from '../support/guest-lab.ts';
import { kernelImage } from '../support/kernel-image.ts';
import type { Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What is refused before anything in the guest is changed. QEMU and ssh are stand-ins.
needsOfHost('qemu', 'ssh');

const menu = `load_env
if [ "\${next_entry}" ]; then
  set default="\${next_entry}"
  set next_entry=
  save_env next_entry
else
  set default="\${saved_entry}"
fi
menuentry 'Debian' --id deb-6.1.0-56-amd64-1 {
  linux /boot/vmlinuz-6.1.0-56-amd64 root=/dev/vda1
}
menuentry 'Debian' --id deb-6.1.187-lab-1 {
  linux /boot/vmlinuz-6.1.187-lab root=/dev/vda1
}`;

const facts = {
  running: '6.1.0-56-amd64',
  boot: '5f',
  'free-boot': '5000000',
  'free-modules': '5000000',
  same: 'yes',
  'grub-fs': 'ext2/ext3',
  'grub-device': '/dev/vda1',
  'grub-bytes': '1024',
  wanted: 'saved',
};

/** What the probe prints in a guest with these facts. */
function told(changes: Partial<typeof facts> = {}, config = menu): string {
  const lines = Object.entries({ ...facts, ...changes }).map(
    ([name, value]) => `@${name} ${value}`,
  );
  const programs = ['grub-mkconfig', 'grub-editenv', 'depmod', 'tar', 'update-initramfs'];
  const rest = [
    ...programs.map((name) => `@has ${name}`),
    ...['6.1.0-56-amd64', '6.1.187-lab'].map((version) => `@installed ${version}`),
    ...['@packaged 6.1.0-56-amd64', '@env saved_entry=deb-6.1.0-56-amd64-1'],
    '@env utopia_previous=6.1.187-lab',
  ];
  return [...lines, ...rest, '@config', config, ''].join('\n');
}

/** A machine that runs, whose guest tells what stands in the file `told`. */
async function runningLab(folder: string, text: string): Promise<Lab> {
  writeFileSync(join(folder, 'told'), text);
  const lab = await labWithGuest(
    folder,
    `case $last in *'@running'*) cat '${folder}/told' ;; *) echo "$last" >>'${folder}/changes' ;; esac`,
  );
  expect((await lab.run('up', '--detach')).status).toBe(0);
  return lab;
}

function addBuild(lab: Lab, version: string): void {
  const folder = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/kernels', version);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'bzImage'), kernelImage(version));
  writeFileSync(join(folder, 'config'), 'CONFIG_BLK_DEV_INITRD=y\n');
  writeFileSync(join(folder, 'System.map'), '');
  const record = { schema: 1, name: version, version, source: '/s', out: '/o', fragments: [] };
  const rest = { bytes: 1, builtAt: '2026-11-29T12:00:00.000Z', commit: null };
  writeFileSync(join(folder, 'build.json'), JSON.stringify({ ...record, ...rest }));
}

test.each([
  ['a menu by hand', told({}, "set default=0\nmenuentry 'x' {\n}\n"), /ignores\s+next_entry/],
  ['LVM', told({ 'grub-device': '/dev/mapper/vg-root' }), /LVM/],
  ['btrfs', told({ 'grub-fs': 'btrfs' }), /btrfs/],
  ['a default of its own', told({ wanted: '0' }), /GRUB_DEFAULT is not saved/],
  ['the kernel that runs', told({ running: '6.1.200-new' }), /runs 6\.1\.200-new itself/],
  ['no room', told({ 'free-boot': '90', 'free-modules': '90' }), /are free\. Nothing/],
  ['half an answer', '@running 6.1\n', /did not tell/],
])('%s is refused, and the guest is left alone', async (_name, text, why) => {
  using folder = temporaryFolder();
  await using lab = await runningLab(folder.path, text);
  addBuild(lab, '6.1.200-new');
  const { status, stderr } = await lab.run('kernel', 'install');
  expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(why);
  expect(status).toBe(/are free/.test(stderr) ? 73 : 69);
  expect(existsSync(join(folder.path, 'changes'))).toBe(false);
  expect((await lab.run('snapshot', 'list', '--json')).stdout).toContain('"snapshots":[]');
});

test('no build, another build, no machine, a version that is there: each with the next step', async () => {
  using folder = temporaryFolder();
  await using lab = await runningLab(folder.path, told());
  const fails = async (...words: readonly string[]): Promise<string> => {
    const { status, stderr } = await lab.run(...words);
    expect(status, stderr).toBe(69);
    return stderr.replaceAll(/\s+/g, ' ');
  };
  expect(await fails('kernel', 'install')).toContain('utopia kernel build');
  addBuild(lab, '6.1.187-lab');
  expect(await fails('kernel', 'install', '6.1')).toContain('There are: 6.1.187-lab');
  expect(await fails('kernel', 'install')).toMatch(/has 6\.1\.187-lab already.*--yes/);
  expect(await fails('kernel', 'default', '5.0')).toContain('no kernel 5.0');
  expect(existsSync(join(folder.path, 'changes'))).toBe(false);
  await lab.run('down', '--force');
  expect(await fails('kernel', 'install')).toContain('utopia up');
  expect(await fails('kernel', 'default')).toContain('utopia up');
});

test('kernels of the guest, and another default', async () => {
  using folder = temporaryFolder();
  await using lab = await runningLab(folder.path, told());
  expect((await lab.run('kernel', 'default')).stdout).toBe(
    '6.1.0-56-amd64  default, runs, of a package\n6.1.187-lab     previous default\n',
  );
  expect(JSON.parse((await lab.run('kernel', 'default', '--json')).stdout)).toMatchObject({
    schema: 1,
    default: '6.1.0-56-amd64',
    previous: '6.1.187-lab',
    running: '6.1.0-56-amd64',
    kernels: [{ isDefault: true }, { isDefault: false, packaged: false }],
  });
  expect((await lab.run('kernel', 'default', 'previous')).status).toBe(0);
  const changes = readFileSync(join(folder.path, 'changes'), 'utf8');
  expect(changes).toContain('set saved_entry=deb-6.1.187-lab-1 utopia_previous=6.1.0-56-amd64');
});
