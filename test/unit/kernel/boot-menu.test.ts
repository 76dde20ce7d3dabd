import { expect, test } from 'vitest';
import { chooseEntry, readGrubConfig } from '../../../src/kernel/boot-menu.ts';

/** As Debian's grub-mkconfig writes it, shortened. */
const debian = `
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

menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-1f' {
	load_video
	if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
	search --no-floppy --fs-uuid --set=root 1f
	echo	'Loading Linux 6.1.0-38-amd64 ...'
	linux	/boot/vmlinuz-6.1.0-38-amd64 root=UUID=1f ro  quiet $vt_handoff
	echo	'Loading initial ramdisk ...'
	initrd	/boot/initrd.img-6.1.0-38-amd64
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-1f' {
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-38-amd64' $menuentry_id_option 'gnulinux-6.1.0-38' {
		if [ "$linux_gfx_mode" != "text" ]; then
			load_video
		fi
		linux	/boot/vmlinuz-6.1.0-38-amd64 root=UUID=1f ro  quiet
		initrd	/boot/initrd.img-6.1.0-38-amd64
	}
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-38-amd64 (recovery mode)' --id rec-38 {
		linux	/boot/vmlinuz-6.1.0-38-amd64 root=UUID=1f ro single
		initrd	/boot/initrd.img-6.1.0-38-amd64
	}
	menuentry "Debian GNU/Linux, with Linux 6.1.0-9-amd64" {
		linux	/boot/vmlinuz-6.1.0-9-amd64 root=UUID=1f ro  quiet dyndbg="file a.c +p"
		initrd	/boot/microcode.img /boot/initrd.img-6.1.0-9-amd64
	}
}
menuentry 'UEFI settings' { fwsetup; }
`;

test("Debian's menu: entries in and out of submenus, with names as grub-set-default takes them", () => {
  const { entries, usual, takesNextEntry, takesSavedEntry } = readGrubConfig(debian);
  expect(entries.map(({ number, version, isRecovery }) => [number, version, isRecovery])).toEqual([
    ['0', '6.1.0-38-amd64', false],
    ['1>0', '6.1.0-38-amd64', false],
    ['1>1', '6.1.0-38-amd64', true],
    ['1>2', '6.1.0-9-amd64', false],
  ]);
  expect([takesNextEntry, takesSavedEntry]).toEqual([true, true]);
  expect(usual).toBe(entries[0]);
  expect(entries[0]).toMatchObject({
    id: 'gnulinux-simple-1f',
    kernel: '/boot/vmlinuz-6.1.0-38-amd64',
    initrds: ['/boot/initrd.img-6.1.0-38-amd64'],
    append: 'root=UUID=1f ro quiet',
  });
  expect(entries[3]?.initrds).toEqual(['/boot/microcode.img', '/boot/initrd.img-6.1.0-9-amd64']);
  expect(chooseEntry(entries, 'gnulinux-advanced-1f>gnulinux-6.1.0-38')).toBe(entries[1]);
  expect(chooseEntry(entries, 'Advanced options for Debian GNU/Linux>rec-38')).toBe(entries[2]);
  expect(chooseEntry(entries, '1')).toBe(entries[1]);
  expect(chooseEntry(entries, 'another')).toBeUndefined();
});

function saved(entry: string): string | undefined {
  return readGrubConfig(debian, `# GRUB Environment Block\nsaved_entry=${entry}\n####`).usual
    ?.number;
}

test('the saved entry is the usual one, and one that is not there counts for nothing', () => {
  expect(saved('1>2')).toBe('1>2');
  expect(saved('gnulinux-advanced-1f>rec-38')).toBe('1>1');
  expect(saved('gone')).toBe('0');
});

test('a menu by hand: the default is written in it, words are quoted, linux16', () => {
  const { entries, usual, takesNextEntry } = readGrubConfig(`set default=1 # the new one
# menuentry 'not this' {
menuentry 'old' {
  linux16 /boot/vmlinuz-1 root=/dev/vda1
}
menuentry 'new' --id=fresh {
  linux "/boot/vmlinuz-2" root=/dev/vda1 'console=ttyS0,115200'; initrd16 /i
}
`);
  expect(entries.map(({ title, id }) => [title, id])).toEqual([
    ['old', undefined],
    ['new', 'fresh'],
  ]);
  expect(usual).toBe(entries[1]);
  expect(usual?.append).toBe('root=/dev/vda1 console=ttyS0,115200');
  expect(takesNextEntry).toBe(false);
});

test('nonsense has no entries, and takes time in proportion to its length', () => {
  expect(readGrubConfig('').usual).toBeUndefined();
  expect(readGrubConfig('}\n}\nmenuentry {\n').entries).toEqual([]);
  const begun = performance.now();
  readGrubConfig(`menuentry '${'\\"'.repeat(20_000)}`);
  readGrubConfig('submenu x {\n'.repeat(5_000));
  readGrubConfig(`set default=${'"a'.repeat(20_000)}`);
  expect(performance.now() - begun).toBeLessThan(10_000);
});
