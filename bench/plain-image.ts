import type { GuestFile } from '../src/image/debian/guest-file.ts';
import type { RootSpec } from '../src/image/debian/root-spec.ts';
import { cachedImage } from '../test/support/image.ts';

/**
 * Debian as it comes, to compare with: generic kernel, initramfs with all drivers,
 * ifupdown and its DHCP client, sshd; host keys made already and no waiting in the
 * menu, which is in its favour. For utopia.sh's arguments: an e1000 that the guest
 * calls ens3, a screen, no first serial port.
 */
export const plainRoot: RootSpec = {
  packages: [
    'linux-image-amd64',
    'initramfs-tools',
    'grub-pc-bin',
    'grub2-common',
    'systemd-sysv',
    'libpam-systemd',
    'udev',
    'dbus',
    'ifupdown',
    'isc-dhcp-client',
    'iproute2',
    'kmod',
    'openssh-server',
    'sudo',
  ],
  files: [
    { path: '/etc/hostname', content: 'plain\n' },
    { path: '/etc/hosts', content: '127.0.0.1\tlocalhost plain\n' },
    { path: '/etc/fstab', content: '/dev/vda1 / ext4 errors=remount-ro 0 1\n' },
    {
      path: '/etc/network/interfaces',
      content: 'auto lo\niface lo inet loopback\nallow-hotplug ens3\niface ens3 inet dhcp\n',
    },
    { path: '/etc/ssh/sshd_config.d/plain.conf', content: 'PermitRootLogin yes\n' },
  ] satisfies readonly GuestFile[],
  prepareScript: 'true',
  customiseScript: `set -e
echo 'root:root' | chpasswd
: > /etc/machine-id
touch /etc/.updated /var/.updated
mkdir -p /boot/grub/i386-pc
cp /usr/lib/grub/i386-pc/*.mod /usr/lib/grub/i386-pc/*.lst /usr/lib/grub/i386-pc/boot.img /boot/grub/i386-pc/
grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub/i386-pc/core.img biosdisk part_msdos ext2 normal linux boot
version=$(ls /boot | sed -n 's/^vmlinuz-//p')
cat > /boot/grub/grub.cfg <<END
set timeout=0
menuentry 'Debian GNU/Linux' {
  echo 'Loading Linux $version ...'
  linux /boot/vmlinuz-$version root=/dev/vda1 ro console=tty0 console=ttyS0 quiet
  echo 'Loading initial ramdisk ...'
  initrd /boot/initrd.img-$version
}
END
`,
  lean: false,
};

/** Path of the plain image of a suite; built when it is not in the tests' cache yet. */
export async function plainImage(suite = 'bookworm'): Promise<string> {
  const name = suite === 'bookworm' ? 'plain' : `plain-${suite}`;
  return await cachedImage(name, 'minimal', plainRoot, suite);
}
