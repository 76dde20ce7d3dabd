import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGrubConfig } from '../../../src/kernel/boot-menu.ts';
import {
  entryOf,
  heedsOneShot,
  nameOf,
  trialEntry,
  trialMarks,
  whyNotWritable,
} from '../../../src/kernel/grub-trial.ts';
import { settleScript } from '../../../src/kernel/install-script.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** As Debian's grub-mkconfig writes it, shortened; the image's own has linux16. */
const menu = `
if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "\${next_entry}" ] ; then
   set default="\${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="\${saved_entry}"
fi
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-1f' {
	linux	/boot/vmlinuz-6.1.192-tiny root=/dev/vda1 ro  quiet
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-1f' {
	menuentry 'Debian, with Linux 6.1.192-tiny' --class debian $menuentry_id_option 'gnulinux-6.1.192-tiny-advanced-1f' {
		load_video
		if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
		if [ "\${linux_gfx_mode}" != "text" ]; then
			load_video
		fi
		echo	'Loading Linux {6.1.192-tiny ...'
		linux16	/boot/vmlinuz-6.1.192-tiny root=/dev/vda1 ro  quiet -- three
		initrd16	/boot/initrd.img-6.1.192-tiny
	}
	menuentry 'Debian, with Linux 6.1.192-tiny (recovery mode)' $menuentry_id_option 'gnulinux-6.1.192-tiny-recovery-1f' {
		linux	/boot/vmlinuz-6.1.192-tiny root=/dev/vda1 ro single
	}
	menuentry 'Debian, with Linux 6.1.0-56-amd64' --class debian $menuentry_id_option 'gnulinux-6.1.0-56-amd64-advanced-1f' {
		linux	/boot/vmlinuz-6.1.0-56-amd64 root=UUID=1f ro quiet
	}
}
`;
const config = readGrubConfig(menu);

test('the entry of a version is the one that keeps to it, not the first of the menu', () => {
  const entry = entryOf(config, '6.1.192-tiny');
  expect(entry?.number).toBe('1>0');
  expect(entry === undefined ? '' : nameOf(entry)).toBe(
    'gnulinux-advanced-1f>gnulinux-6.1.192-tiny-advanced-1f',
  );
  expect(entryOf(config, '6.1.0-56-amd64')?.number).toBe('1>2');
  expect(entryOf(config, '6.1.192')).toBeUndefined();
});

test('a trial boots as that entry does, with panic= before what is for init', () => {
  const text = trialEntry(menu, '6.1.192-tiny', 10) ?? '';
  expect(text.split('\n').slice(0, 3)).toEqual([
    trialMarks[0],
    "menuentry 'Linux 6.1.192-tiny, once (utopia kernel install)' --id 'utopia-try-6.1.192-tiny' {",
    '\t\tload_video',
  ]);
  expect(text).toContain('root=/dev/vda1 ro  quiet panic=10 -- three\n');
  expect(text).toContain("echo	'Loading Linux {6.1.192-tiny ...'\n\t\tlinux16");
  expect(text.endsWith(`\tinitrd16	/boot/initrd.img-6.1.192-tiny\n}\n${trialMarks[1]}\n`)).toBe(
    true,
  );
  expect(trialEntry(menu, '6.1.0-56-amd64', 10)).toContain('root=UUID=1f ro quiet panic=10\n}');
  expect(trialEntry(menu, '6.6', 10)).toBeUndefined();
  const added = readGrubConfig(menu + text);
  expect(added.entries.at(-1)?.id).toBe('utopia-try-6.1.192-tiny');
});

test.each([
  ['as Debian writes it', menu, true],
  ['that never forgets the entry', menu.replace('save_env next_entry', 'true'), false],
  ['that does not read its environment', menu.replace('load_env', 'true'), false],
  ['by hand', "set default=0\nmenuentry 'x' {\n linux /vmlinuz-1\n}\n", false],
  ['where all of it is a comment', menu.replaceAll(/^/gm, '# '), false],
])('a menu %s heeds an entry for one boot: %3$s', (_name, text, heeds) => {
  expect(heedsOneShot(text, readGrubConfig(text))).toBe(heeds);
});

test.each([
  [{ fileSystem: 'ext2/ext3', device: '/dev/vda1', bytes: 1024 }, undefined],
  [{ fileSystem: 'ext2/ext3', device: '/dev/vda1', bytes: undefined }, undefined],
  [{ fileSystem: 'ext2/ext3', device: '/dev/mapper/vg-root', bytes: 1024 }, /LVM/],
  [{ fileSystem: 'btrfs', device: '/dev/vda1', bytes: 1024 }, /btrfs/],
  [{ fileSystem: 'ext2/ext3', device: '/dev/vda1', bytes: 0 }, /0 bytes/],
])('grub writes to %j: %s', (where, why) => {
  const found = whyNotWritable(where);
  if (why === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(why);
});

test('nonsense has no entry, and takes time in proportion to its length', () => {
  const begun = performance.now();
  expect(trialEntry('menuentry x {\n'.repeat(50_000), '1', 10)).toBeUndefined();
  expect(trialEntry(`menuentry '${"\\'{".repeat(100_000)}`, '1', 10)).toBeUndefined();
  expect(heedsOneShot('save_env '.repeat(100_000), config)).toBe(false);
  expect(performance.now() - begun).toBeLessThan(3000);
});

test('what settles a trial takes our entry off the menu, and nothing else', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'grub.cfg');
  writeFileSync(file, menu + (trialEntry(menu, '6.1.192-tiny', 10) ?? ''));
  const sed = /^sed .*$/m.exec(settleScript({}, true))?.[0] ?? '';
  const line = sed.replace('/boot/grub/grub.cfg', `'${file}'`).replace(/ >\S+$/, '');
  expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe(menu);
});
