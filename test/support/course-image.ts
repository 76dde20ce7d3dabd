import type { GuestFile } from '../../src/image/debian/guest-file.ts';
import type { RootSpec } from '../../src/image/debian/root-spec.ts';
import { cachedImage } from './image.ts';

/**
 * A Debian as a course hands it out, made for utopia.sh and for nothing of ours:
 * grub's menu waits five seconds on the screen, the kernel is quiet and has no
 * serial console, the network card is found late, and the only way in is a
 * password that everybody knows. The shared folder stands in fstab.
 */
const courseRoot: RootSpec = {
  packages: [
    ...['linux-image-amd64', 'initramfs-tools', 'grub-pc-bin', 'grub2-common'],
    ...['systemd-sysv', 'libpam-systemd', 'udev', 'dbus', 'kmod', 'cron', 'rsyslog', 'sudo'],
    ...['ifupdown', 'isc-dhcp-client', 'iproute2', 'openssh-server'],
  ],
  files: [
    { path: '/etc/hostname', content: 'cslab\n' },
    { path: '/etc/hosts', content: '127.0.0.1\tlocalhost cslab\n' },
    {
      path: '/etc/fstab',
      content:
        '/dev/vda1 / ext4 errors=remount-ro 0 1\n' +
        'shared /home/user/shared 9p trans=virtio,version=9p2000.L,nofail 0 0\n',
    },
    {
      path: '/etc/network/interfaces',
      content: 'auto lo\niface lo inet loopback\nallow-hotplug ens3\niface ens3 inet dhcp\n',
    },
    // At the end of Debian's own file, as somebody would write it by hand.
    { path: '/root/sshd_config.more', content: 'PermitRootLogin yes\n' },
  ] satisfies readonly GuestFile[],
  prepareScript: 'true',
  customiseScript: `set -e
echo 'root:root' | chpasswd
useradd -m -s /bin/bash user
echo 'user:user' | chpasswd
mkdir -p /home/user/shared
chown user:user /home/user/shared
cat /root/sshd_config.more >> /etc/ssh/sshd_config
rm /root/sshd_config.more
mkdir -p /boot/grub/i386-pc
cp /usr/lib/grub/i386-pc/*.mod /usr/lib/grub/i386-pc/*.lst /usr/lib/grub/i386-pc/boot.img /boot/grub/i386-pc/
grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub/i386-pc/core.img biosdisk part_msdos ext2 normal linux boot
version=$(ls /boot | sed -n 's/^vmlinuz-//p')
cat > /boot/grub/grub.cfg <<END
insmod all_video
insmod gfxterm
if loadfont /usr/share/grub/unicode.pf2 ; then
  set gfxmode=auto
  terminal_output gfxterm
fi
set timeout_style=menu
set timeout=5
menuentry 'Debian GNU/Linux' {
  echo 'Loading Linux $version ...'
  linux /boot/vmlinuz-$version root=/dev/vda1 ro quiet
  echo 'Loading initial ramdisk ...'
  initrd /boot/initrd.img-$version
}
END
`,
  lean: false,
};

/** Path of the course's image; built when it is not in the tests' cache yet. */
export async function courseImage(): Promise<string> {
  return await cachedImage('course', 'minimal', courseRoot);
}
