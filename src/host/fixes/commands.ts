import type { FixCommand } from '../check.ts';
import type { BlacklistLine } from '../facts/modules.ts';
import type { HostFacts } from '../facts/machine-facts.ts';
import { moduleFor } from '../kvm-module.ts';

/** Where modules are named that systemd loads at every boot (modules-load.d(5)); the file is ours. */
export const moduleListFile = '/etc/modules-load.d/utopia-kvm.conf';
/** Sorted behind systemd's own 50-udev-default.rules; the file is ours. */
export const ruleFile = '/etc/udev/rules.d/65-utopia-kvm.rules';
/** What systemd's own rule does, for hosts without it. */
const rule = 'KERNEL=="kvm", GROUP="kvm", MODE="0660", OPTIONS+="static_node=kvm"';
/** Behind the name of a copy; neither modprobe nor udev reads such a name. */
export const backupSuffix = 'before-utopia';

/** Loads KVM now, and at every boot. */
export function loadModule({ machine, modules }: HostFacts, suffix = backupSuffix): FixCommand[] {
  const module = moduleFor(machine.cpu);
  return [
    { argv: ['modprobe', module], root: true, why: `loads ${module} now` },
    ...listModule({ machine, modules }, suffix),
  ];
}

/** Has KVM loaded at every boot. */
export function listModule(
  { machine, modules }: Pick<HostFacts, 'machine' | 'modules'>,
  suffix = backupSuffix,
): FixCommand[] {
  return [
    ...(modules.listFileExists ? [backUp(moduleListFile, suffix)] : []),
    writeLine(moduleListFile, moduleFor(machine.cpu), 'loads it at every boot'),
  ];
}

/**
 * Turns lines of modprobe.d into comments. A package's file is not edited: its copy
 * in /etc, which hides it, is.
 */
export function allowModules(lines: readonly BlacklistLine[], suffix = backupSuffix): FixCommand[] {
  const paths = new Set(lines.map(({ path }) => path));
  return [...paths].flatMap((path) => {
    const name = path.split('/').at(-1) ?? '';
    const edited = path.startsWith('/etc/') ? path : `/etc/modprobe.d/${name}`;
    const edits = lines
      .filter((each) => each.path === path)
      .map(({ line }) => `${line}s/^[[:space:]]*[a-z]/# &/`);
    return [
      path === edited
        ? backUp(path, suffix)
        : copy(path, edited, `a copy in /etc counts instead of the package's ${name}`),
      {
        argv: ['sed', '-i', edits.join(';'), edited],
        root: true,
        why: edits.length === 1 ? 'turns the line into a comment' : 'turns the lines into comments',
      },
    ];
  });
}

/** Makes the group that udev's rule gives the device to; nothing happens where it is there. */
export const makeGroup: FixCommand = {
  argv: ['groupadd', '--system', '--force', 'kvm'],
  root: true,
  why: 'makes the group that may use /dev/kvm',
};

/**
 * Adds a user to a group. usermod knows the users of /etc/passwd only; one from a
 * directory server (LDAP) is added by gpasswd.
 */
export function addMember(user: string, group: string, inPasswd: boolean): FixCommand {
  return {
    argv: inPasswd ? ['usermod', '-aG', group, user] : ['gpasswd', '-a', user, group],
    root: true,
    why: `adds ${user} to group ${group}; it counts from the next login on`,
  };
}

/** Lets udev set owner and mode of /dev/kvm by rules that have just been written. */
export const applyRules: readonly FixCommand[] = [
  { argv: ['udevadm', 'control', '--reload'], root: true, why: 'reads the rules again' },
  {
    argv: ['udevadm', 'trigger', '--action=add', '--sysname-match=kvm'],
    root: true,
    why: 'applies them to /dev/kvm',
  },
  {
    argv: ['udevadm', 'settle', '--timeout=10'],
    root: true,
    why: 'waits until that is done',
  },
];

/**
 * The same by rules that are as they were. udev has the numbers of their groups from
 * when it read them, and a reload reads only what has changed (systemd 252): it is
 * started anew where systemd runs it.
 */
export const applyOldRules: readonly FixCommand[] = [
  {
    argv: ['systemctl', 'try-restart', 'systemd-udevd'],
    root: true,
    why: 'lets udev look up the numbers of groups again',
    optional: true,
  },
  ...applyRules,
];

/** Gives the device to group kvm by a rule of udev's, which holds at every boot; mode and owner are never set by hand. */
export function writeRule({ device }: HostFacts, suffix = backupSuffix): FixCommand[] {
  return [
    ...(device.ruleFileExists ? [backUp(ruleFile, suffix)] : []),
    writeLine(ruleFile, rule, 'gives /dev/kvm to group kvm, now and at every boot'),
    ...applyRules,
  ];
}

/**
 * Takes away what lies in the device's place and lets the kernel make the device:
 * by loading the module anew. One that is built in cannot be: there the node is
 * made, and udev sets owner and mode.
 */
export function replaceNode(facts: HostFacts, suffix = backupSuffix): FixCommand[] {
  const aside: FixCommand[] =
    facts.device.file === undefined
      ? []
      : [
          {
            argv: ['mv', '/dev/kvm', `/dev/kvm.${suffix}`],
            root: true,
            why: 'moves what is in the way aside (/dev is empty again at the next boot)',
          },
        ];
  const module = moduleFor(facts.machine.cpu);
  const load = { argv: ['modprobe', module], root: true, why: 'makes /dev/kvm' };
  if (!facts.modules.loaded.has(module)) return [...aside, load];
  if (facts.modules.removable.has(module)) {
    const unload = {
      argv: ['modprobe', '-r', module],
      root: true,
      why: 'lets the kernel make the device anew',
    };
    return [...aside, unload, load];
  }
  const node = {
    argv: ['mknod', '-m', '0600', '/dev/kvm', 'c', '10', '232'],
    root: true,
    why: 'makes the device, root’s alone until udev’s rules are applied',
  };
  return [...aside, node, ...applyOldRules];
}

/** A line as a whole file, written by a shell as root; words apart, so that a terminal can break it. */
function writeLine(path: string, text: string, why: string): FixCommand {
  return { argv: ['sh', '-c', `echo "$@" > ${path}`, 'sh', ...text.split(' ')], root: true, why };
}

/** Keeps a file as it is, with its times and owner, before it is changed. */
function backUp(path: string, suffix: string): FixCommand {
  return copy(path, `${path}.${suffix}`, 'keeps the file as it was');
}

function copy(from: string, to: string, why: string): FixCommand {
  return { argv: ['cp', '-p', from, to], root: true, why };
}
