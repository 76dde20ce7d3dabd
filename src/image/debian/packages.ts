import type { ImageProfile } from './recipe.ts';

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
 * The parts of Xfce that make a desktop, without the package that recommends all the rest: it is
 * smaller than the lighter ones with what they need, and X2Go's clients know it by name.
 */
const desktopPackages = [
  'xserver-xorg-core',
  'xserver-xorg-input-libinput',
  'x11-xserver-utils',
  'x11-utils',
  'fonts-dejavu-core',
  'adwaita-icon-theme',
  'dbus-x11',
  'lightdm',
  'lightdm-gtk-greeter',
  'mousepad',
  'thunar',
  'xfce4-panel',
  'xfce4-session',
  'xfce4-settings',
  'xfce4-terminal',
  'xfdesktop4',
  'xfwm4',
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
