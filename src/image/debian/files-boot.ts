import type { GuestFile } from './guest-file.ts';

/**
 * What the kernel is told. The serial console comes last: it is the one that
 * /dev/console means. nokaslr: addresses in an oops are those of System.map and
 * of the debugger. no_timer_check: under emulation on a busy host the timer's interrupts come too
 * late for the kernel's test of them, and it panics (arch/x86/kernel/apic/io_apic.c, check_timer);
 * under KVM it skips that test by itself.
 */
export const kernelArguments =
  'rw rootfstype=ext4 console=tty0 console=ttyS0,115200 quiet systemd.show_status=yes nokaslr mitigations=off no_timer_check';

/** Where dpkg puts grub's own script for kernels; see customise.ts. */
export const divertedLinuxScript = '/usr/share/utopia/diverted/etc-grub.d-10_linux';

/** The boot loader's settings, read by update-grub in the guest. */
export const bootFiles: readonly GuestFile[] = [
  {
    // /dev/vda1 instead of a UUID: a kernel built without an initramfs knows no UUIDs.
    path: '/etc/default/grub.d/utopia.cfg',
    content: `# Shift, held while the machine starts, opens the menu (see /etc/grub.d/06_utopia).
# A hidden menu would wait three seconds, even with a timeout of 0.
GRUB_DEFAULT=saved
GRUB_TIMEOUT=0
GRUB_TIMEOUT_STYLE=menu
GRUB_RECORDFAIL_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_DISABLE_LINUX_UUID=true
GRUB_DISABLE_RECOVERY=true
GRUB_DISABLE_OS_PROBER=true
GRUB_CMDLINE_LINUX="${kernelArguments}"
GRUB_CMDLINE_LINUX_DEFAULT=
GRUB_TERMINAL_INPUT="console serial"
# vga_text writes to the screen's memory; "console" asks the BIOS for every character.
GRUB_TERMINAL_OUTPUT="vga_text serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
`,
  },
  {
    path: '/etc/grub.d/06_utopia',
    mode: 0o755,
    content: `#!/bin/sh
echo 'if keystatus --shift; then set timeout=-1; fi'
`,
  },
  {
    // grub's "linux" moves the 64 MB that a kernel may grow to, byte by byte, which
    // under emulation takes seconds; "linux16" moves nothing. Debian's own script,
    // diverted, writes the entries, and its updates keep coming.
    path: '/etc/grub.d/10_linux_utopia',
    mode: 0o755,
    content: `#!/bin/sh
set -e
menu=$(sh ${divertedLinuxScript})
printf '%s\\n' "$menu" | sed -E 's/^([[:blank:]]+)(linux|initrd)([[:blank:]])/\\1\\216\\3/'
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
  'linux16',
  'boot',
  'configfile',
  'echo',
  'gzio',
  'halt',
  'keystatus',
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
  'vga_text',
];
