import type { GuestFile } from './files.ts';

/**
 * An initramfs with what a machine of ours needs to find its root and nothing
 * else: grub reads it through the BIOS, where each megabyte costs boot time. It is
 * still initramfs-tools' own: a kernel of a student's gets one the same way.
 */
export const initramfsFiles: readonly GuestFile[] = [
  {
    path: '/etc/initramfs-tools/conf.d/utopia',
    content: 'MODULES=list\nBUSYBOX=y\nCOMPRESS=lz4\nRESUME=none\nFSTYPE=ext4\nFRAMEBUFFER=n\n',
  },
  {
    path: '/etc/initramfs-tools/hooks/zz-utopia',
    mode: 0o755,
    content: `#!/bin/sh
if [ "$1" = prereqs ]; then exit 0; fi
. /usr/share/initramfs-tools/hook-functions
# Modules for the root disk and the network card; a kernel that has them built in lacks the files.
for module in virtio_pci virtio_blk ext4 crc32c_generic virtio_net; do
  force_load "$module"
done
# busybox loads modules as well as kmod does, without libcrypto and libc.
rm -f "$DESTDIR"/sbin/modprobe "$DESTDIR"/sbin/rmmod "$DESTDIR"/usr/sbin/modprobe "$DESTDIR"/usr/sbin/rmmod
rm -f "$DESTDIR"/bin/kmod "$DESTDIR"/usr/bin/kmod
ln -s ../bin/busybox "$DESTDIR"/usr/sbin/modprobe
# The journal brings the root file system in order; nothing resumes from disk.
rm -f "$DESTDIR"/usr/sbin/fsck* "$DESTDIR"/usr/sbin/e2fsck "$DESTDIR"/usr/sbin/logsave
for script in init-top/all_generic_ide init-top/blacklist init-top/keymap local-premount/resume; do
  rm -f "$DESTDIR/scripts/$script"
done
# Libraries that nothing in here is linked with any more; klibc's is not among them.
for folder in lib usr/lib; do
  rm -rf "$DESTDIR/$folder/x86_64-linux-gnu" "$DESTDIR"/$folder/ld-linux*
done
rm -rf "$DESTDIR"/lib64 "$DESTDIR"/usr/lib64
`,
  },
  {
    // udev's script of this place is not in here, and /dev must go along to the real root.
    path: '/etc/initramfs-tools/scripts/init-bottom/utopia',
    mode: 0o755,
    content: `#!/bin/sh
if [ "$1" = prereqs ]; then exit 0; fi
mount -n -o move /dev "$rootmnt/dev"
rm -rf /dev
ln -s "$rootmnt/dev" /dev
`,
  },
];
