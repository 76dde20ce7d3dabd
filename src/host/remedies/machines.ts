import type { FixCommand } from '../check.ts';
import type { ContainerKind } from '../facts/container.ts';
import { canJoinInside, joinGroupInside, letInByNumber } from './groups.ts';
import { outside, type ContainerRemedy, type RemedyDetails } from './container-remedy.ts';

/** Containers that are machines of their own: LXC and its kin, systemd-nspawn. */
export const machineRemedies = {
  proxmox: {
    name: 'a container of Proxmox (LXC)',
    ownLogins: true,
    remedy: inheritedOr(({ insideGid }) => ({
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
    })),
  },
  lxc: {
    name: 'an LXC container',
    ownLogins: true,
    remedy: remedyOfLxc,
  },
  lxd: {
    name: 'an LXD container',
    ownLogins: true,
    remedy: inheritedOr((details) => addDevice('lxc', details)),
  },
  incus: {
    name: 'an Incus container',
    ownLogins: true,
    remedy: inheritedOr((details) => addDevice('incus', details)),
  },
  crostini: {
    name: 'the Linux container of ChromeOS',
    ownLogins: true,
    remedy: inheritedOr((details) => ({
      commands: addDevice('lxc', {
        ...details,
        name: details.name === 'NAME' ? 'penguin' : details.name,
      }).commands.map((command) => ({ ...command, why: 'in the machine termina' })),
      advice: 'In crosh (Ctrl-Alt-T): vmc start termina. There, where ls /dev/kvm finds it:',
    })),
  },
  nspawn: {
    name: 'a container of systemd-nspawn',
    ownLogins: true,
    remedy: remedyOfNspawn,
  },
} satisfies Partial<Record<ContainerKind, ContainerRemedy>>;

/** The device has the group kvm of in here already: its user joins it; else the device is given that group. */
function inheritedOr(remedy: ContainerRemedy['remedy']): ContainerRemedy['remedy'] {
  return (details) =>
    canJoinInside(details) && details.gid === details.insideGid
      ? { commands: joinGroupInside(details) }
      : remedy(details);
}

/** A restart by --reboot goes on with the configuration that was read before: it is stopped and started. */
function remedyOfLxc(details: RemedyDetails): ReturnType<ContainerRemedy['remedy']> {
  if (details.trouble === 'unmapped') return { commands: [letInByNumber(details)] };
  if (canJoinInside(details)) return { commands: joinGroupInside(details) };
  const { trouble, cgroupV1, userNamespace } = details;
  const restart = { root: true, why: `${outside}, after that` };
  return {
    commands: [
      { argv: ['lxc-stop', '-n', 'NAME'], ...restart },
      { argv: ['lxc-start', '-n', 'NAME'], ...restart },
      ...(userNamespace && trouble === 'absent' ? [letInByNumber(details)] : []),
    ],
    advice:
      `In /var/lib/lxc/NAME/config ${outside}${userNamespace ? ' (~/.local/share/lxc/NAME/config, if a user started it: then as that user, without the first line)' : ''}:\n` +
      `lxc.cgroup${cgroupV1 ? '' : '2'}.devices.allow = c 10:232 rwm\n` +
      'lxc.mount.entry = /dev/kvm dev/kvm none bind,create=file 0 0',
  };
}

function remedyOfNspawn(details: RemedyDetails): ReturnType<ContainerRemedy['remedy']> {
  if (details.trouble === 'unmapped') return { commands: [letInByNumber(details)] };
  if (canJoinInside(details)) return { commands: joinGroupInside(details) };
  return {
    commands: [
      {
        argv: [...['systemd-nspawn', '--bind=/dev/kvm', '--property=DeviceAllow=/dev/kvm rw'], '…'],
        root: true,
        why: outside,
      },
      ...(details.userNamespace && details.trouble === 'absent' ? [letInByNumber(details)] : []),
    ],
    advice:
      'With machinectl: below [Files] in /etc/systemd/nspawn/NAME.nspawn write Bind=/dev/kvm, below [Service] of systemctl edit systemd-nspawn@NAME write DeviceAllow=/dev/kvm rw. By hand:',
  };
}

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
