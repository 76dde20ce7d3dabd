import type { FixCommand } from '../check.ts';
import type { ContainerKind } from '../facts/container.ts';
import { joinGroupInside, joinGroupOutside } from './groups.ts';
import { outside, type ContainerRemedy, type RemedyDetails } from './container-remedy.ts';

/** Containers that a person starts: Docker, Podman and what is made of them, sandboxes, chroots. */
export const engineRemedies = {
  docker: { name: 'a Docker container', remedy: remedyOfDocker },
  'docker-rootless': {
    name: 'a container of a rootless Docker',
    remedy: ({ trouble }) => ({
      commands: [
        ...(trouble === 'unmapped' ? [] : [run('docker', '--device', '/dev/kvm')]),
        {
          argv: ['setfacl', '-m', 'u:USER:rw', '/dev/kvm'],
          root: true,
          why: `${outside}, until its next boot: USER is who runs dockerd; in here that is root`,
        },
        {
          argv: ['docker', 'context', 'use', 'default'],
          root: false,
          why: 'or take the Docker that root runs: there --group-add works',
        },
      ],
      advice: 'A rootless Docker hands none of your groups on.',
    }),
  },
  podman: {
    name: 'a Podman container',
    remedy: ({ trouble, gid }) => ({
      commands: [
        run(
          'podman',
          '--device',
          '/dev/kvm',
          ...(trouble === 'denied' ? [] : ['--group-add', gid]),
        ),
      ],
    }),
  },
  'podman-rootless': {
    name: 'a container of a rootless Podman',
    remedy: () => ({
      commands: [run('podman', '--device', '/dev/kvm', '--group-add', 'keep-groups')],
      advice: `Your user ${outside} has to be in the group of /dev/kvm there (id -nG shows it), and Podman to use crun, which keeps groups; runc does not (podman info shows ociRuntime). Then:`,
    }),
  },
  toolbox: {
    name: 'a Toolbx container',
    remedy: () => ({
      commands: [
        {
          argv: ['flatpak-spawn', '--host', 'utopia', 'up'],
          root: false,
          why: 'runs it on the host, where your groups count',
        },
      ],
      advice:
        'Toolbx hands none of your groups on. A rule gives the device to whoever sits at the screen: on the host outside, KERNEL=="kvm", TAG+="uaccess" as /etc/udev/rules.d/65-kvm.rules, and a new login. Or now:',
    }),
  },
  distrobox: {
    name: 'a Distrobox container',
    remedy: ({ name }) => ({
      commands: [
        {
          argv: [
            ...['distrobox', 'create', '--additional-flags'],
            ...['--annotation run.oci.keep_original_groups=1', '--clone', name, '--name'],
            `${name}-kvm`,
          ],
          root: false,
          why: `${outside}: a copy of this container that keeps your groups (needs crun)`,
        },
      ],
      advice: `Your user ${outside} has to be in the group of /dev/kvm there; then, with this container stopped:`,
    }),
  },
  apptainer: {
    name: 'an Apptainer container',
    remedy: ({ trouble, user }) =>
      trouble === 'absent'
        ? {
            commands: [
              {
                argv: ['apptainer', 'exec', '--bind', '/dev/kvm', '…'],
                root: false,
                why: outside,
              },
            ],
          }
        : {
            commands: [
              {
                argv: ['usermod', '-aG', 'kvm', user],
                root: true,
                why: `${outside}, by its administrator; Apptainer hands your groups on`,
              },
            ],
          },
  },
  flatpak: {
    name: 'a Flatpak sandbox',
    remedy: (details) => ({
      commands: [
        details.trouble === 'unmapped'
          ? joinGroupOutside(details)
          : {
              argv: ['flatpak', 'override', '--user', '--device=kvm', details.name],
              root: false,
              why: `${outside}: gives the sandbox the device; then start the application anew`,
            },
        {
          argv: ['flatpak-spawn', '--host', 'utopia', 'up'],
          root: false,
          why: 'or run it outside of the sandbox, where the application may do that',
        },
      ],
    }),
  },
  firejail: {
    name: 'a Firejail sandbox',
    remedy: () => ({
      commands: [
        {
          argv: ['firejail', '--ignore=noroot', '--ignore=nogroups', '--ignore=private-dev', '…'],
          root: false,
          why: `${outside}: keeps your groups and the devices`,
        },
      ],
    }),
  },
  chroot: { name: 'a chroot', ownLogins: true, remedy: remedyOfChroot },
  'user-namespace': {
    name: 'a user namespace',
    remedy: (details) => ({
      commands:
        details.trouble === 'absent'
          ? [
              {
                argv: ['bwrap', '--dev-bind', '/dev/kvm', '/dev/kvm', '…'],
                root: false,
                why: `${outside}, where bubblewrap made it`,
              },
            ]
          : details.trouble === 'unmapped'
            ? [joinGroupOutside(details)]
            : [],
      advice: 'Start utopia outside of it. Or:',
    }),
  },
  unknown: {
    name: 'a container',
    remedy: (details) => ({
      commands: [
        ...remedyOfDocker(details).commands,
        run('podman', '--device', '/dev/kvm', '--group-add', 'keep-groups'),
      ],
    }),
  },
} satisfies Partial<Record<ContainerKind, ContainerRemedy>>;

function run(engine: string, ...options: readonly string[]): FixCommand {
  return { argv: [engine, 'run', ...options, '…'], root: false, why: outside };
}

function remedyOfDocker({ trouble, gid }: RemedyDetails): ReturnType<ContainerRemedy['remedy']> {
  if (trouble === 'denied') {
    const command = run('docker', '--device', '/dev/kvm');
    return { commands: [{ ...command, why: `${outside}: allows the device` }] };
  }
  const command = run('docker', '--device', '/dev/kvm', '--group-add', gid);
  const why =
    gid === 'GID' ? `${outside}; GID is what \`stat -c %g /dev/kvm\` prints there` : outside;
  return {
    commands: [{ ...command, why }],
    advice: `In a compose file: devices: ["/dev/kvm"] and group_add: ["${gid}"]. By hand:`,
  };
}

/** It has the processes and groups of outside, and files of its own. */
function remedyOfChroot(details: RemedyDetails) {
  if (details.trouble === 'group' && details.gid !== 'GID') {
    return {
      commands: joinGroupInside(details),
      advice: 'The groups in here are those of the files in here:',
    };
  }
  return {
    commands: [
      {
        argv: ['sh', '-c', 'touch ROOT/dev/kvm && mount --bind /dev/kvm ROOT/dev/kvm'],
        root: true,
        why: `${outside}; ROOT is the chroot's folder there (schroot: a line in its fstab)`,
      },
    ],
  };
}
