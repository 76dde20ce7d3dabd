import type { FixCommand } from '../check.ts';
import type { ContainerKind } from '../facts/container.ts';
import { outside, type ContainerRemedy, type RemedyDetails } from './types.ts';

/** Containers that are machines of their own: LXC and its kin, systemd-nspawn. */
export const machineRemedies = {
  proxmox: {
    name: 'a container of Proxmox (LXC)',
    remedy: ({ insideGid }) => ({
      commands: [
        {
          argv: ['pct', 'set', 'ID', '--dev0', `/dev/kvm,gid=${insideGid}`],
          root: true,
          why: 'on the Proxmox host; pct list shows the ID, the gid is that of kvm in here',
        },
        { argv: ['pct', 'reboot', 'ID'], root: true, why: 'there, too' },
      ],
      advice:
        'Before Proxmox 8.2 two lines in /etc/pve/lxc/ID.conf do it:\n' +
        'lxc.cgroup2.devices.allow: c 10:232 rwm\n' +
        'lxc.mount.entry: /dev/kvm dev/kvm none bind,create=file\n' +
        'From 8.2 on:',
    }),
  },
  lxc: {
    name: 'an LXC container',
    remedy: ({ cgroupV1 }) => ({
      commands: [
        { argv: ['lxc-stop', '-n', 'NAME', '--reboot'], root: true, why: `${outside}, after that` },
      ],
      advice:
        `In /var/lib/lxc/NAME/config ${outside}:\n` +
        `lxc.cgroup${cgroupV1 ? '' : '2'}.devices.allow = c 10:232 rwm\n` +
        'lxc.mount.entry = /dev/kvm dev/kvm none bind,create=file 0 0',
    }),
  },
  lxd: { name: 'an LXD container', remedy: (details) => addDevice('lxc', details) },
  incus: { name: 'an Incus container', remedy: (details) => addDevice('incus', details) },
  crostini: {
    name: 'the Linux container of ChromeOS',
    remedy: (details) => ({
      commands: addDevice('lxc', {
        ...details,
        name: details.name === 'NAME' ? 'penguin' : details.name,
      }).commands.map((command) => ({ ...command, why: 'in the machine termina' })),
      advice: 'In crosh (Ctrl-Alt-T): vmc start termina. There, where ls /dev/kvm finds it:',
    }),
  },
  nspawn: {
    name: 'a container of systemd-nspawn',
    remedy: () => ({
      commands: [
        {
          argv: [
            ...['systemd-nspawn', '--bind=/dev/kvm', '--property=DeviceAllow=/dev/kvm rw'],
            '…',
          ],
          root: true,
          why: outside,
        },
      ],
      advice:
        'With machinectl: below [Files] in /etc/systemd/nspawn/NAME.nspawn write Bind=/dev/kvm, below [Service] of systemctl edit systemd-nspawn@NAME write DeviceAllow=/dev/kvm rw. By hand:',
    }),
  },
} satisfies Partial<Record<ContainerKind, ContainerRemedy>>;

/** LXD's tool is called lxc, Incus's incus; the words are the same. */
function addDevice(
  program: string,
  { name, insideGid }: RemedyDetails,
): { readonly commands: readonly FixCommand[] } {
  const device = ['unix-char', 'source=/dev/kvm', 'path=/dev/kvm', `gid=${insideGid}`];
  return {
    commands: [
      {
        argv: [program, 'config', 'device', 'add', name, 'kvm', ...device],
        root: false,
        why: `${outside}; the gid is that of the group kvm in here`,
      },
    ],
  };
}
