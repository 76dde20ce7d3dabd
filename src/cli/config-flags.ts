import { collectWord } from './repeatable.ts';
import { Option, type Command } from 'commander';
import { factsOf, keyNames, type KeyName } from '../config/config-keys.ts';
import { quoteForShell } from '../text/shell-words.ts';

/** Options of commander as it hands them over: by camel-case name. */
export type ParsedOptions = Readonly<Record<string, unknown>>;

/** Adds the options that set a key (all of them, or `keys`) for one run: --memory, --cpus, --ssh-port … */
export function addConfigFlags(command: Command, keys: readonly KeyName[] = keyNames): Command {
  for (const [key, option] of flagOptions()) {
    if (!keys.includes(key)) continue;
    option.helpGroup('For this run instead of utopia.config:');
    if (repeatable.has(key)) option.argParser(collectWord);
    else option.argParser(String);
    command.addOption(option);
    option.description = `${key} (${factsOf(key).takes})`;
  }
  return command;
}

/**
 * The keys that options of `addConfigFlags` set, as text for `loadConfig`. Paths
 * typed at the command line start at `cwd`, not at the file's folder.
 */
export function configFlags(options: ParsedOptions, cwd: string): Partial<Record<KeyName, string>> {
  const flags: Partial<Record<KeyName, string>> = {};
  for (const [key, option] of flagOptions()) {
    const value = options[option.attributeName()];
    if (typeof value === 'string') flags[key] = asTyped(key, value, cwd);
    else if (Array.isArray(value)) {
      const words = value.map((word) => String(word));
      flags[key] = words.map((word) => quoteForShell(fromFolder(cwd, word))).join(' ');
    }
  }
  return flags;
}

/** Of a copy, and of a warm base that copies start from: what its guest is made of. */
export const machineFlags: readonly KeyName[] = [
  'UTOPIA_MEMORY_MB',
  'UTOPIA_CPUS',
  'UTOPIA_ACCEL',
  'UTOPIA_KERNEL',
  'UTOPIA_INITRD',
  'UTOPIA_APPEND',
];

/** Of a warm base that such a copy starts from: it has a port for the feed. */
export const warmFlags: readonly KeyName[] = [...machineFlags, 'UTOPIA_SENSORS'];

/** Of a copy that a command runs in: its sensor feed, and what happens at a crash. */
export const copyFlags: readonly KeyName[] = [...warmFlags, 'UTOPIA_ON_CRASH'];

/** Keys whose option may be given several times, once for each path. */
const repeatable: ReadonlySet<KeyName> = new Set(['UTOPIA_DISKS']);

/** An initramfs is a path; a kernel is one when it has a / in it, else the name of a build; a feed may name one. */
function asTyped(key: KeyName, value: string, cwd: string): string {
  if (key === 'UTOPIA_SENSORS') {
    return value.replace(/^(replay|serial):(.+)$/s, (_all, kind: string, path: string) =>
      [kind, fromFolder(cwd, path)].join(':'),
    );
  }
  const isPath = key === 'UTOPIA_INITRD' || (key === 'UTOPIA_KERNEL' && value.includes('/'));
  return isPath ? fromFolder(cwd, value) : value;
}

function fromFolder(cwd: string, path: string): string {
  return path.startsWith('/') ? path : `${cwd}/${path}`;
}

function flagOptions(): [KeyName, Option][] {
  return keyNames.flatMap((key) => {
    const { flag } = factsOf(key);
    return flag === undefined ? [] : [[key, new Option(flag)] satisfies [KeyName, Option]];
  });
}
