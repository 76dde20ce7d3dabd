import type { ImageProfile } from './profile.ts';

/** What every machine has: a kernel with 9p, systemd, SSH, a boot loader it can renew itself. */
const basePackages = [
  // Debian's cloud kernel is smaller but has no 9p: CONFIG_NET_9P is not set in it.
  'linux-image-amd64',
  'initramfs-tools',
  // The initramfs loads its modules with busybox: kmod would bring libcrypto along.
  'busybox-static',
  'lz4',
  // grub-pc-bin instead of grub-pc: no questions about where to install it.
  'grub-pc-bin',
  'grub2-common',
  'systemd-sysv',
  'systemd-resolved',
  'udev',
  // logind, which answers the power button, speaks D-Bus.
  'dbus',
  'openssh-server',
  'ca-certificates',
  'iproute2',
  'iputils-ping',
  'kmod',
  'less',
  'nano',
  'procps',
  'sudo',
] as const;

/** What the lab guide has students install, and what its exercises use. */
const labPackages = [
  'linux-headers-amd64',
  'bash-completion',
  'bc',
  'bison',
  'build-essential',
  'bzip2',
  'cpio',
  'curl',
  'file',
  'flex',
  'gdb',
  'git',
  'gzip',
  'libelf-dev',
  'libncurses-dev',
  'libssl-dev',
  'locales',
  'lsof',
  'man-db',
  'manpages-dev',
  'netcat-openbsd',
  'psmisc',
  'python3',
  'rsync',
  'socat',
  'sshfs',
  'strace',
  'tmux',
  'vim',
  'wget',
  'xauth',
  'xz-utils',
] as const;

/**
 * A desktop whose session is two small programs: Xfce's needed more than ten minutes to come up in
 * an emulated guest on a busy host. X2Go's clients know it by name (ICEWM).
 */
const desktopPackages = [
  'xserver-xorg-core',
  'xserver-xorg-input-libinput',
  'x11-utils',
  'x11-xserver-utils',
  'dbus-x11',
  'fonts-dejavu-core',
  'icewm',
  'lightdm',
  'lightdm-gtk-greeter',
  'xterm',
  'x2goserver',
  'x2goserver-xsession',
] as const;

const packages: Readonly<Record<ImageProfile, readonly string[]>> = {
  minimal: basePackages,
  lab: [...basePackages, ...labPackages],
  desktop: [...basePackages, ...labPackages, ...desktopPackages],
};

/** Names of the Debian packages of a profile; apt adds what they depend on, nothing recommended. */
export function packagesOf(profile: ImageProfile): readonly string[] {
  return packages[profile];
}
