import type { GuestFile } from './files.ts';

/**
 * What the kernel is told. The serial console comes last: it is the one that
 * /dev/console means. nokaslr: addresses in an oops are those of System.map and
 * of the debugger.
 */
export const kernelArguments =
  'rw rootfstype=ext4 console=tty0 console=ttyS0,115200 quiet loglevel=4 nokaslr mitigations=off';

/** The boot loader's settings, read by update-grub in the guest. */
export const bootFiles: readonly GuestFile[] = [
  {
    // /dev/vda1 instead of a UUID: a kernel built without an initramfs knows no UUIDs.
    path: '/etc/default/grub.d/utopia.cfg',
    content: `# Esc, held from the start of the machine, opens the menu.
GRUB_DEFAULT=saved
GRUB_TIMEOUT=0
GRUB_TIMEOUT_STYLE=hidden
GRUB_RECORDFAIL_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_DISABLE_LINUX_UUID=true
GRUB_DISABLE_RECOVERY=true
GRUB_DISABLE_OS_PROBER=true
GRUB_CMDLINE_LINUX="${kernelArguments}"
GRUB_CMDLINE_LINUX_DEFAULT=
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
`,
  },
];

/** Modules in grub's core: all that the menu's file uses, so that none is read from the disk. */
export const grubModules: readonly string[] = [
  'biosdisk',
  'part_msdos',
  'ext2',
  'normal',
  'linux',
  'boot',
  'configfile',
  'echo',
  'gzio',
  'halt',
  'loadenv',
  'ls',
  'minicmd',
  'reboot',
  'search',
  'search_fs_uuid',
  'search_fs_file',
  'serial',
  'terminal',
  'test',
];
