import type { ImageProfile } from '../image/debian/profile.ts';

/** One thing that a guest of an image of ours does once it has booted, as docs/images.md promises. */
export interface BootPromise {
  readonly id: string;
  /** What is promised, as a sentence without its full stop. */
  readonly promise: string;
  /** Shell text for root in the guest; its output, both streams, is the answer. */
  readonly question: string;
  /** The whole answer, trimmed, matches this; or, for a `console` promise, the console's text does. */
  readonly expected: RegExp;
  /** Judged by what the serial console shows, which may come a moment after the answer. */
  readonly console?: true;
  /** Only images of these profiles promise it. */
  readonly profiles?: readonly ImageProfile[];
  /** What to look at, or to do, when it is not kept. */
  readonly next: string;
}

/** Kernel message of level 4, a warning's, that is to come out at the serial console. */
const consoleMark = 'utopia: a warning for the console';

/** Serial number of the additional disk that a verification gives its guest. */
export const verificationDisk = 'verify';

/**
 * What "boots right" means: `utopia image build` asks a guest of the new image this, and so do
 * the tests. The first waits until systemd has no job left, so the others see a whole boot.
 */
export const bootPromises: readonly BootPromise[] = [
  {
    id: 'no-failed-unit',
    promise: 'The system comes up, and no unit fails',
    // `timeout` is a limit against a job that never ends; a boot beside other work takes minutes.
    question:
      'timeout 1200 systemctl is-system-running --wait; systemctl list-jobs --no-legend; systemctl list-units --failed --plain --no-legend --no-pager',
    expected: /^running(\nNo jobs running\.)?$/,
    next: 'systemctl status UNIT and journalctl -b -u UNIT in the guest say why.',
  },
  {
    id: 'no-ordering-cycle',
    promise: 'No unit waits for another one that waits for it',
    question:
      '{ dmesg; journalctl -b -o cat --no-pager; systemd-analyze verify --man=no default.target 2>&1; } | grep -iE "ordering cycle|deleted to break" | sort -u',
    expected: /^$/,
    next: 'systemd leaves out a unit of its choice at each boot. A package added by --include may bring it; systemd-analyze verify default.target names the units.',
  },
  {
    id: 'address',
    promise: 'The network card has an address',
    question: 'ip -4 -o address show scope global',
    expected: / inet \d+\./,
    next: 'networkctl status and systemctl status systemd-networkd in the guest.',
  },
  {
    id: 'root-disk',
    promise: 'The root file system is ext4 on /dev/vda1, and can be written to',
    question: 'findmnt -no SOURCE,FSTYPE / && touch /root/.writable && rm /root/.writable',
    expected: /^\/dev\/vda1\s+ext4$/,
    next: 'dmesg in the guest.',
  },
  {
    id: 'tmp-on-disk',
    promise: '/tmp is on the disk, and a boot leaves what is in it',
    question: 'findmnt -no FSTYPE -T /tmp',
    expected: /^ext4$/,
    next: 'systemctl status tmp.mount in the guest.',
  },
  {
    id: 'disk-links',
    promise: 'Disks have their links below /dev/disk',
    // Each disk that has a serial number has a link of that name, which leads to it.
    question: `udevadm settle; readlink -f /dev/disk/by-label/utopia
for disk in /sys/block/vd*; do
  serial=$(cat $disk/serial 2>/dev/null)
  [ -z "$serial" ] || readlink -f "/dev/disk/by-id/virtio-$serial" | grep -cx "/dev/\${disk##*/}"
done`,
    expected: /^\/dev\/vda1(\n1)*$/,
    next: 'systemctl status systemd-udevd utopia-devices in the guest.',
  },
  {
    id: 'kernel-settings',
    promise:
      'The kernel’s settings are ours: all messages reach the console, everybody reads dmesg',
    question: 'cd /proc/sys/kernel; cat printk dmesg_restrict sysrq',
    expected: /^7\s+4\s+1\s+7\n0\n1$/,
    next: 'systemctl status systemd-sysctl in the guest.',
  },
  {
    id: 'console-warnings',
    promise: 'A kernel’s warning comes out at the serial console',
    question: `echo '<4>${consoleMark}' > /dev/kmsg`,
    console: true,
    expected: new RegExp(consoleMark),
    next: 'cat /proc/sys/kernel/printk in the guest: the first number is to be above 4.',
  },
  {
    id: 'serial-login',
    promise: 'The serial console asks for a login',
    question: 'systemctl is-active serial-getty@ttyS0.service',
    console: true,
    expected: /utopia login:/,
    next: 'systemctl status serial-getty@ttyS0 dev-ttyS0.device in the guest.',
  },
  {
    id: 'screen-login',
    promise: 'The screen asks for a login',
    question: 'systemctl is-active getty@tty1.service; cat /sys/class/tty/tty0/active',
    profiles: ['minimal', 'lab'],
    expected: /^active\ntty1$/,
    next: 'systemctl status getty@tty1 in the guest.',
  },
  {
    id: 'screen-greeter',
    promise: 'The screen shows the desktop’s login',
    // The display manager counts as active before its X server and the greeter are there: minutes,
    // under emulation. One that has failed is not waited for.
    question: `export seat_session='loginctl show-seat seat0 --property=ActiveSession --value'
timeout 1200 sh -c 'until [ "$(loginctl show-session "$($seat_session)" --property=Class --value 2>&1)" = greeter ] && pgrep -f "^/usr/sbin/lightdm-gtk-greeter" > /dev/null || ! systemctl --quiet is-active lightdm.service; do sleep 1; done'
systemctl is-active lightdm.service; loginctl show-session "$($seat_session)" --property=Class --value; pgrep -c -f "^/usr/sbin/lightdm-gtk-greeter"`,
    profiles: ['desktop'],
    expected: /^active\ngreeter\n1$/,
    next: 'systemctl status lightdm and /var/log/lightdm in the guest.',
  },
  {
    id: 'remote-desktop',
    promise: 'X2Go’s server runs, and answers user',
    question:
      'systemctl is-active x2goserver.service; su -s /bin/sh user -c "x2golistsessions && echo asked"',
    profiles: ['desktop'],
    expected: /^active\nasked$/,
    next: 'systemctl status x2goserver in the guest; x2godbadmin --createdb makes its database.',
  },
  {
    id: 'accounts',
    promise: 'user may use sudo without a password',
    question: 'id -un 0; su -s /bin/sh user -c "sudo -n id -u"',
    expected: /^root\n0$/,
    next: 'visudo -c and id user in the guest.',
  },
  {
    id: 'host-keys',
    promise: 'SSH host keys and the machine id were made at this first boot',
    question:
      'for kind in ed25519 ecdsa; do ssh-keygen -l -f /etc/ssh/ssh_host_${kind}_key.pub | grep -oE "[A-Z0-9]+[)]$"; done; grep -cxE "[0-9a-f]{32}" /etc/machine-id',
    expected: /^ED25519\)\nECDSA\)\n1$/,
    next: 'systemctl status utopia-host-keys in the guest.',
  },
  {
    id: 'ssh-penalties',
    promise: 'sshd shuts nobody out for connections that end without a login',
    question: '/usr/sbin/sshd -T 2>/dev/null | grep "^persourcepenalties" || echo none',
    // An OpenSSH before 9.8 has no such setting.
    expected: /^(?:none|persourcepenalties no)$/,
    next: 'PerSourcePenalties in sshd_config(5) of the guest.',
  },
  {
    id: 'share',
    promise: 'The share is mounted when it is first used',
    // statfs tells the host's file system there, on some kernels.
    question:
      'ls /home/user/shared/ > /dev/null; grep -c "^shared /home/user/shared 9p " /proc/mounts',
    expected: /^1$/,
    next: 'systemctl status home-user-shared.automount home-user-shared.mount in the guest.',
  },
  {
    id: 'modules',
    promise: 'Modules can be loaded and removed',
    question: 'modprobe dummy && grep -c "^dummy " /proc/modules; modprobe -r dummy',
    expected: /^1$/,
    next: 'dmesg in the guest; uname -r and ls /lib/modules name the same version.',
  },
  {
    id: 'panic-device',
    promise: 'The drivers of QEMU’s panic device load by themselves',
    question: 'grep -c "^pvpanic" /proc/modules',
    expected: /^[1-9]/,
    next: 'udevadm test /sys/bus/acpi/devices/QEMU0001:00 in the guest.',
  },
  {
    id: 'power-button',
    promise: 'The power button is listened to',
    question:
      'systemctl is-active systemd-logind.service dbus.service; grep -c "Power Button" /proc/bus/input/devices',
    expected: /^active\nactive\n[1-9]/,
    next: 'systemctl status systemd-logind dbus in the guest.',
  },
  {
    id: 'boot-menu',
    promise: 'A new kernel can be put into the boot menu',
    question:
      'test -x /sbin/installkernel -o -x /usr/sbin/installkernel; ls /etc/kernel/postinst.d; grub-script-check /boot/grub/grub.cfg && echo menu',
    expected: /initramfs-tools\n(.*\n)*zz-update-grub\n(.*\n)*menu$/,
    next: 'grub-script-check /boot/grub/grub.cfg in the guest.',
  },
  {
    id: 'headers',
    promise: 'Modules can be built for the kernel that runs',
    question: 'ls -d /lib/modules/$(uname -r)/build/Makefile && gcc -dumpversion && make --version',
    profiles: ['lab', 'desktop'],
    expected: /^\/lib\/modules\/\S+\/build\/Makefile\n\d+\nGNU Make/,
    next: 'dpkg -l "linux-headers*" in the guest.',
  },
];
