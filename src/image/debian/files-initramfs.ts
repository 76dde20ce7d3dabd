import type { GuestFile } from './guest-file.ts';

/** What the usual machine needs before its root file system is there; the rest is in the root. */
const earlyModules = 'virtio_pci virtio_blk ext4 crc32c_generic virtio_net virtio_rng';

/**
 * An initramfs with what a machine of ours needs to find its root and nothing
 * else: grub reads it through the BIOS, where each megabyte costs boot time. It is
 * made by initramfs-tools as ever, so a student's kernel gets one the same way.
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
# A kernel that has these built in lacks the files, and needs no module.
for module in ${earlyModules}; do
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
# A short way for the usual machine; Debian's own init stays for everything else.
mv "$DESTDIR/init" "$DESTDIR/init.debian"
install -m 755 /etc/initramfs-tools/utopia-init "$DESTDIR/init"
`,
  },
  {
    path: '/etc/initramfs-tools/utopia-init',
    mode: 0o755,
    content: `#!/usr/bin/busybox sh
# /init of the initramfs: mounts /dev/vda1 and goes there. Whatever it does not
# understand (another root, break=, debug) or fails at is left to Debian's init.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /dev /proc /root
mount -t devtmpfs dev /dev 2>/dev/null
mount -t proc proc /proc
read -r release < /proc/sys/kernel/osrelease
echo "Linux $release: looking for the root file system" > /dev/console
usual=yes init=/sbin/init device=
read -r line < /proc/cmdline
for word in $line; do
  case $word in
    root=/dev/vd*) device=\${word#root=} ;;
    root=*|break*|debug*|rootdelay=*|ip=*|boot=*|netconsole=*) usual=no ;;
    init=*) init=\${word#init=} ;;
  esac
done
if [ $usual = yes ] && [ -n "$device" ]; then
  (modprobe -q virtio_net; modprobe -q virtio_rng) &
  modprobe -q virtio_pci
  modprobe -q virtio_blk
  modprobe -q crc32c_generic
  modprobe -q ext4
  tries=0
  until [ -b "$device" ] || [ $tries = 30 ]; do
    tries=$((tries + 1))
    usleep 100000
  done
  wait
  if mount -t ext4 -o rw,noatime "$device" /root 2>/dev/null; then
    if [ -e "/root$init" ] || [ -L "/root$init" ]; then
      umount /proc
      mount -o move /dev /root/dev
      exec switch_root /root "$init" < /root/dev/console > /root/dev/console 2>&1
    fi
    umount /root
  fi
fi
umount /proc
umount /dev
exec /init.debian "$@"
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
