import { grubModules, kernelArguments } from './files-boot.ts';
import type { ImageProfile } from './profile.ts';

/**
 * Units that have nothing to do in such a machine, or do it too early. One that a suite does
 * not have is masked all the same: it may come with an upgrade.
 */
export const maskedUnits: readonly string[] = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  // Static device nodes are made in utopia-devices.service.
  'kmod-static-nodes.service',
  'systemd-tmpfiles-setup-dev-early.service',
  // Rules that the firmware may hand over; here it hands over none, and udevd waits for it.
  'systemd-udev-load-credentials.service',
  'systemd-tmpfiles-setup-dev.service',
  // Debian 13's: makes host keys before sshd and after basic.target, which here waits for sshd;
  // systemd broke that cycle at a unit of its choice, often sshd. utopia-host-keys makes them.
  'sshd-keygen.service',
  // Debian 13's: a /tmp in memory. What is in /tmp stays, and takes the disk's room.
  'tmp.mount',
  // For images whose /usr is replaced as a whole; here dpkg does what they would.
  'ldconfig.service',
  'systemd-hwdb-update.service',
  'systemd-journal-catalog-update.service',
  'systemd-sysusers.service',
  'systemd-update-done.service',
  'systemd-firstboot.service',
  'systemd-journald-audit.socket',
  'systemd-network-generator.service',
  'systemd-networkd-wait-online.service',
  'systemd-pstore.service',
];

/** systemd runs each of them before any unit; none finds anything in such a machine. */
const maskedGenerators: readonly string[] = [
  'bless-boot',
  'cryptsetup',
  'debug',
  'getty',
  'gpt-auto',
  'hibernate-resume',
  'integritysetup',
  'rc-local',
  'run',
  // Debian 13's: SSH over AF_VSOCK, which the machine has not; it complains on the console.
  'ssh',
  'system-update',
  'sysv',
  'tpm2',
  'veritysetup',
];

const enabledUnits: readonly string[] = [
  'home-user-shared.automount',
  'serial-getty@ttyS0.service',
  'ssh.service',
  'systemd-networkd.service',
  'utopia-clock.service',
  'utopia-clock.timer',
  'utopia-devices.service',
  'utopia-network.service',
];

/**
 * Files of packages that must not take part: an initramfs without udev finds its
 * disk by the name the kernel gives it. Diverted, not removed: upgrades keep it so.
 */
const divertedFiles: readonly string[] = [
  '/usr/share/initramfs-tools/hooks/udev',
  '/usr/share/initramfs-tools/scripts/init-top/udev',
  '/usr/share/initramfs-tools/scripts/init-bottom/udev',
  '/etc/grub.d/10_linux',
];

/** Shell text, run in the new root after Debian's essential packages, before all others. */
export function prepareScript(): string {
  return `set -e
${divertedFiles
  .map(
    (path) =>
      `dpkg-divert --quiet --local --no-rename --divert ${divertedName(path)} --add ${path}`,
  )
  .join('\n')}
mkdir -p ${divertedFolder}
`;
}

const divertedFolder = '/usr/share/utopia/diverted';

function divertedName(path: string): string {
  return `${divertedFolder}/${path.slice(1).replaceAll('/', '-')}`;
}

/**
 * Since 9.8 OpenSSH shuts an address out, for up to ten minutes, whose connections end without a
 * login (sshd_config(5), PerSourcePenalties). Behind QEMU's network everybody has one address: who
 * knocks until the guest is up, and who mistypes a password, would shut out all others. An sshd
 * that does not know the setting would not start with it.
 */
const noPenalties = `if grep -qi persourcepenalties /usr/sbin/sshd; then
  echo 'PerSourcePenalties no' > /etc/ssh/sshd_config.d/utopia-penalties.conf
fi`;

/** Shell text, run in the new root when all packages are configured and our files are in. */
export function customiseScript(profile: ImageProfile = 'lab'): string {
  return `set -e
useradd --create-home --shell /bin/bash user
usermod --append --groups sudo,adm,dialout,video,plugdev,kvm user 2>/dev/null || usermod --append --groups sudo user
echo 'root:root' | chpasswd
echo 'user:user' | chpasswd
mkdir -p /home/user/shared
chown user:user /home/user/shared
mkdir -p /etc/systemd/system-generators
for name in ${maskedGenerators.join(' ')}; do
  ln -sf /dev/null /etc/systemd/system-generators/systemd-$name-generator
done
systemctl --quiet disable ssh.service systemd-networkd.service
systemctl --quiet enable ${enabledUnits.join(' ')}
systemctl --quiet mask ${maskedUnits.join(' ')}
systemctl --quiet set-default ${profile === 'desktop' ? 'graphical' : 'multi-user'}.target
${noPenalties}
rm -f /etc/ssh/ssh_host_*
: > /etc/machine-id
rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed
update-initramfs -u -k all
mkdir -p /boot/grub/i386-pc
cp /usr/lib/grub/i386-pc/*.mod /usr/lib/grub/i386-pc/*.lst /usr/lib/grub/i386-pc/boot.img /boot/grub/i386-pc/
grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub/i386-pc/core.img ${grubModules.join(' ')}
grub-editenv /boot/grub/grubenv create
version=$(ls /boot | sed -n 's/^vmlinuz-//p' | sort -V | tail -n 1)
cat > /boot/grub/grub.cfg <<END
${grubMenu('$version', '\\$')}
END
rm -f /etc/apt/apt.conf.d/99mmdebstrap /usr/sbin/policy-rc.d
`;
}

/** The menu that a new image starts with; update-grub in the guest writes its own in its place. */
function grubMenu(version: string, dollar: string): string {
  return `serial --unit=0 --speed=115200
terminal_input console serial
terminal_output vga_text serial
load_env
set default=0
if [ "${dollar}{next_entry}" ]; then
  set default="${dollar}{next_entry}"
  set next_entry=
  save_env next_entry
fi
set timeout=0
if keystatus --shift; then set timeout=-1; fi
menuentry 'Debian GNU/Linux' {
  echo 'Loading Linux ${version} ...'
  linux16 /boot/vmlinuz-${version} root=/dev/vda1 ${kernelArguments}
  echo 'Loading initial ramdisk ...'
  initrd16 /boot/initrd.img-${version}
}`;
}
