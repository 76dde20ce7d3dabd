import type { GuestFile } from './guest-file.ts';

/** Name, accounts' rights, mounts, logs. */
export const systemFiles: readonly GuestFile[] = [
  { path: '/etc/hostname', content: 'utopia\n' },
  {
    path: '/etc/hosts',
    content: '127.0.0.1\tlocalhost\n127.0.1.1\tutopia\n::1\tlocalhost ip6-localhost\n',
  },
  {
    // No check at boot: the journal does what is needed, and a check takes its time.
    // The share is mounted by home-user-shared.automount.
    path: '/etc/fstab',
    content: '/dev/vda1 / ext4 rw,noatime 0 0\n',
  },
  { path: '/etc/default/locale', content: 'LANG=C.UTF-8\n' },
  { path: '/etc/timezone', content: 'Etc/UTC\n' },
  {
    path: '/etc/sudoers.d/utopia',
    content:
      '# root/root is known to everybody; asking user for a password protects nothing.\nuser ALL=(ALL:ALL) NOPASSWD: ALL\n',
    mode: 0o440,
  },
  {
    path: '/etc/ssh/sshd_config.d/utopia.conf',
    content: `PermitRootLogin yes
PasswordAuthentication yes
UseDNS no
# Programs that wait for the machine knock often while it starts.
MaxStartups 100
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_ecdsa_key
`,
  },
  {
    // What the kernel says reaches the console, although it is quiet while it boots: a
    // WARN and a lock-up's trace are of level 4, a hung task's trace of level 6.
    path: '/etc/sysctl.d/90-utopia.conf',
    content: 'kernel.sysrq = 1\nkernel.dmesg_restrict = 0\nkernel.printk = 7 4 1 7\n',
  },
  {
    // SSH answers before the system is up; without this its tmpfiles would make
    // /run/nologin, and pam_nologin would refuse `user` until everything has started.
    path: '/etc/tmpfiles.d/systemd-nologin.conf',
    content: "# Overrides Debian's: accounts may log in as soon as sshd answers.\n",
  },
  {
    // Debian's empties /tmp at every boot, which is behind whoever has come in by SSH by then:
    // a file that was just written there was gone.
    path: '/etc/tmpfiles.d/tmp.conf',
    content: "# Overrides Debian's: a boot leaves what is in /tmp.\nd /tmp 1777 root root -\n",
  },
  {
    // systemd's 90 s are for real machines: an emulated one on a busy host needs longer for
    // its devices, and the serial console's login is given up with its device.
    path: '/etc/systemd/system.conf.d/utopia.conf',
    content: '[Manager]\nDefaultTimeoutStartSec=300s\nDefaultDeviceTimeoutSec=300s\n',
  },
  {
    path: '/etc/systemd/journald.conf.d/utopia.conf',
    content: '[Journal]\nSystemMaxUse=100M\nAudit=no\n',
  },
];
