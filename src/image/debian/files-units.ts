import { shareOptions } from '../../share-options.ts';
import type { GuestFile } from './guest-file.ts';

/**
 * The order of a boot: first what SSH needs (network card, address, host keys,
 * sshd), then everything else. Under emulation a processor's second is spent only
 * once, and services that start side by side with sshd take theirs from it.
 */
const lateUnits: readonly string[] = [
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'modprobe@.service',
  'proc-sys-fs-binfmt_misc.automount',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-binfmt.service',
  'systemd-journald.service',
  'systemd-machine-id-commit.service',
  'systemd-modules-load.service',
  'systemd-random-seed.service',
  'systemd-remount-fs.service',
  'systemd-sysctl.service',
  'systemd-tmpfiles-setup.service',
];

const lateOrder: readonly GuestFile[] = lateUnits.map((unit) => ({
  path: `/etc/systemd/system/${unit}.d/utopia.conf`,
  content: '[Unit]\nAfter=ssh.service utopia-network.service\n',
}));

/**
 * Makes a host key under a name of its own, has it written to the disk, and only then gives it the
 * name that sshd reads. Without that a machine that loses its power seconds after its first boot
 * comes back with a key of zeros (ext4 may record a file's size before its content is written), and
 * sshd never starts again. The public half goes first, so that a key that is there is whole.
 */
function makeHostKey(kind: 'ed25519' | 'ecdsa'): string {
  const [draft, key] = [`/etc/ssh/.new_${kind}`, `/etc/ssh/ssh_host_${kind}_key`];
  return [
    `rm -f ${draft} ${draft}.pub`,
    `ssh-keygen -q -t ${kind} -N "" -C utopia -f ${draft}`,
    `sync ${draft} ${draft}.pub`,
    `mv -f ${draft}.pub ${key}.pub`,
    `mv -f ${draft} ${key}`,
  ].join(' && ');
}

/** Services of ours, and Debian's with other beginnings. */
export const unitFiles: readonly GuestFile[] = [
  ...lateOrder,
  {
    path: '/etc/systemd/system/utopia-host-keys.service',
    content: `[Unit]
Description=SSH host keys, made at the first boot
ConditionPathExists=|!/etc/ssh/ssh_host_ed25519_key
ConditionPathExists=|!/etc/ssh/ssh_host_ecdsa_key
DefaultDependencies=no
Before=ssh.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c '${makeHostKey('ed25519')}'
ExecStart=/bin/sh -c '${makeHostKey('ecdsa')}'
`,
  },
  {
    // Debian's unit, but not after the network: sshd listens on every address there will be.
    // No "sshd -t" before it either: sshd checks its settings itself when it starts.
    // -r: a fork serves each connection, not a sshd that is started anew for it, which
    // costs an emulated guest a quarter of a second and more. OpenSSH from 9.8 on ignores it.
    path: '/etc/systemd/system/ssh.service',
    content: `[Unit]
Description=OpenBSD Secure Shell server
Documentation=man:sshd(8) man:sshd_config(5)
DefaultDependencies=no
Wants=utopia-host-keys.service home-user-shared.automount
After=utopia-host-keys.service home-user-shared.automount
Conflicts=shutdown.target
Before=shutdown.target
ConditionPathExists=!/etc/ssh/sshd_not_to_be_run

[Service]
EnvironmentFile=-/etc/default/ssh
ExecStart=/usr/sbin/sshd -D -r $SSHD_OPTS
ExecReload=/usr/sbin/sshd -t
ExecReload=/bin/kill -HUP $MAINPID
KillMode=process
Restart=on-failure
RestartPreventExitStatus=255
Type=notify
RuntimeDirectory=sshd
RuntimeDirectoryMode=0755

[Install]
WantedBy=sysinit.target
Alias=sshd.service
`,
  },
  {
    // Debian's unit without the sandbox that takes longer to set up than the address to get.
    path: '/etc/systemd/system/systemd-networkd.service',
    content: `[Unit]
Description=Network Configuration
Documentation=man:systemd-networkd.service(8)
ConditionCapability=CAP_NET_ADMIN
DefaultDependencies=no
After=systemd-networkd.socket systemd-udevd.service network-pre.target
Before=network.target shutdown.target
Conflicts=shutdown.target
Wants=systemd-networkd.socket network.target

[Service]
AmbientCapabilities=CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW
BusName=org.freedesktop.network1
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW
ExecStart=/lib/systemd/systemd-networkd
ExecReload=networkctl reload
FileDescriptorStoreMax=512
Restart=on-failure
RestartKillSignal=SIGUSR2
RestartSec=0
RuntimeDirectory=systemd/netif
RuntimeDirectoryPreserve=yes
Type=notify
User=systemd-network

[Install]
WantedBy=sysinit.target
Also=systemd-networkd.socket
Alias=dbus-org.freedesktop.network1.service
`,
  },
  {
    path: '/etc/systemd/system/systemd-udevd.service.d/utopia.conf',
    content: `[Service]
# The sandbox of a service that must be up before anything else costs its start.
PrivateMounts=no
ProtectHostname=no
MemoryDenyWriteExecute=no
RestrictAddressFamilies=
RestrictRealtime=no
RestrictSUIDSGID=no
SystemCallFilter=
LockPersonality=no
IPAddressDeny=
`,
  },
  {
    // The network card first, all other devices in utopia-devices.service.
    path: '/etc/systemd/system/systemd-udev-trigger.service.d/utopia.conf',
    content: `[Service]
ExecStart=
ExecStart=-udevadm trigger --type=devices --action=add --subsystem-match=net
`,
  },
  {
    path: '/etc/systemd/system/utopia-devices.service',
    content: `[Unit]
Description=Devices that SSH does not wait for
DefaultDependencies=no
Wants=systemd-udevd.service
After=ssh.service utopia-network.service systemd-udev-trigger.service
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=-/bin/kmod static-nodes --format=tmpfiles --output=/run/tmpfiles.d/static-nodes.conf
ExecStart=-systemd-tmpfiles --prefix=/dev --create --boot
ExecStart=-udevadm trigger --type=all --action=add

[Install]
WantedBy=sysinit.target
`,
  },
  {
    // A machine without a card, or with one whose driver comes later, does not wait.
    path: '/etc/systemd/system/utopia-network.service',
    content: `[Unit]
Description=Address of the network card
DefaultDependencies=no
After=systemd-networkd.service systemd-udev-trigger.service
Before=sysinit.target
ConditionPathExistsGlob=/sys/class/net/e*

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=-/lib/systemd/systemd-networkd-wait-online --any --ipv4 --timeout=5

[Install]
WantedBy=sysinit.target
`,
  },
  {
    path: '/etc/systemd/system/home-user-shared.automount',
    content: `[Unit]
Description=Folder shared with the host, mounted on first use
DefaultDependencies=no
Conflicts=umount.target
Before=umount.target

[Automount]
Where=/home/user/shared

[Install]
WantedBy=sysinit.target
`,
  },
  {
    // cache=none: what one side writes, the other side reads. A mounted share blocks
    // QEMU's snapshots; an automount that nobody touched does not.
    path: '/etc/systemd/system/home-user-shared.mount',
    content: `[Unit]
Description=Folder shared with the host
DefaultDependencies=no
Conflicts=umount.target
Before=umount.target
# Each save of a running machine takes it away and brings it back.
StartLimitIntervalSec=0

[Mount]
What=shared
Where=/home/user/shared
Type=9p
Options=${shareOptions},access=client
TimeoutSec=60s
`,
  },
];
