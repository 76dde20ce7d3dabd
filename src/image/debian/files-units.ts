import type { GuestFile } from './files.ts';

/** Services of ours and additions to Debian's. */
export const unitFiles: readonly GuestFile[] = [
  {
    path: '/etc/systemd/system/utopia-host-keys.service',
    content: `[Unit]
Description=SSH host keys, made at the first boot
ConditionPathExists=!/etc/ssh/ssh_host_ecdsa_key
DefaultDependencies=no
After=systemd-remount-fs.service
Before=ssh.service

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N "" -C utopia -f /etc/ssh/ssh_host_ed25519_key
ExecStart=/usr/bin/ssh-keygen -q -t ecdsa -N "" -C utopia -f /etc/ssh/ssh_host_ecdsa_key

[Install]
WantedBy=ssh.service
`,
  },
  {
    // sshd needs the root file system and its keys; all other services may come after it.
    path: '/etc/systemd/system/ssh.service.d/utopia.conf',
    content: `[Unit]
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target
After=home-user-shared.automount
Wants=home-user-shared.automount

[Service]
# sshd checks its settings itself when it starts; the extra run doubles its start-up.
ExecStartPre=
StandardOutput=journal
`,
  },
];
