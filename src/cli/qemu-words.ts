import type { Command } from 'commander';
import { UtopiaError } from '../errors.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { widthOfOption } from './typed-words.ts';

/**
 * Options of qemu-system-x86_64 that commander would read as some of utopia's: `-name` as
 * `-n ame`, `-vnc` as `-v -n c`, `-hda` as `-h`, `-qmp` as `-q -m p`. Whatever else starts with one
 * dash and is no option of utopia's is taken for one of QEMU's too, which has new ones each year.
 */
const likeOurs: ReadonlySet<string> = new Set([
  'C',
  'daemonize',
  'debugcon',
  'device',
  'dfilter',
  'display',
  'drive',
  'dtb',
  'hda',
  'hdb',
  'hdc',
  'hdd',
  'name',
  'net',
  'netdev',
  'nic',
  'no-acpi',
  'no-fd-bootchk',
  'no-hpet',
  'no-reboot',
  'no-shutdown',
  'no-user-config',
  'nodefaults',
  'nographic',
  'numa',
  'qmp',
  'qmp-pretty',
  'version',
  'vga',
  'virtfs',
  'vnc',
]);

/** QEMU takes two dashes as well: of its names those that people write so. */
const withTwoDashes: ReadonlySet<string> = new Set([
  'append',
  'bios',
  'boot',
  'cdrom',
  'cpu',
  'device',
  'drive',
  'enable-kvm',
  'gdb',
  'initrd',
  'kernel',
  'm',
  'machine',
  'monitor',
  'netdev',
  'nographic',
  'no-reboot',
  'object',
  'qmp',
  'serial',
  'smp',
  'snapshot',
  'usb',
  'vga',
]);

/** Which option of `utopia up` does what QEMU's does, and how its value is written there. */
const ours: Readonly<Record<string, (value: string) => string | undefined>> = {
  m: (value) => (/^\d+[MG]?$/i.test(value) ? `--memory ${value}` : '--memory SIZE'),
  smp: (value) => (/^\d+$/.test(value) ? `--cpus ${value}` : '--cpus COUNT'),
  'enable-kvm': () => '--accel kvm',
  accel: (value) => (/^(?:kvm|tcg)$/.test(value) ? `--accel ${value}` : undefined),
  drive: (value) => `--disk ${/(?:^|,)file=([^,]+)/.exec(value)?.[1] ?? 'FILE'}`,
  hda: (value) => `--disk ${value}`,
  hdb: (value) => `--disk ${value}`,
  hdc: (value) => `--disk ${value}`,
  hdd: (value) => `--disk ${value}`,
};

/** The words of `utopia up` that are its own, and those that are QEMU's. */
interface SeparateWords {
  readonly own: readonly string[];
  readonly qemu: readonly string[];
  /** The first of QEMU's that stood before `--`. */
  readonly first: string | undefined;
}

/** Throws `usage` where words for QEMU stand before `--`, with the command line as it works. */
export function refuseQemuWords(
  command: Command,
  before: readonly string[],
  words: readonly string[],
): void {
  const { own, qemu, first } = separate(command, words);
  if (first === undefined) return;
  const line = ['utopia', ...before, ...own, '--', ...qemu].map(quoteForShell).join(' ');
  const at = qemu.indexOf(first);
  const name = first.replace(/^--?/, '');
  const value = (qemu[at + 1] ?? '').startsWith('-') ? '' : (qemu[at + 1] ?? '');
  const option = Object.hasOwn(ours, name) ? ours[name]?.(value) : undefined;
  throw new UtopiaError(
    'usage',
    `"${first}" is no ${first.startsWith('-') ? 'option' : 'word'} of utopia up. QEMU's arguments go behind --.`,
    { hint: [line, ...(option === undefined ? [] : [`or   utopia up ${option}`])].join('\n') },
  );
}

function separate(command: Command, words: readonly string[]): SeparateWords {
  const own: string[] = [];
  const qemu: string[] = [];
  let first: string | undefined;
  let at = 0;
  for (; at < words.length && words[at] !== '--';) {
    const word = words[at] ?? '';
    const next = words[at + 1] ?? '-';
    const isLog = word === '-d' && !next.startsWith('-');
    const width = isLog ? 0 : widthOfOption(command, word);
    const isOperand = !word.startsWith('-');
    if (width > 0 || (!isOperand && !isLog && !isOfQemu(command, word))) {
      // Of an option that is nobody's the next word may be the value: commander names the option.
      const taken = width > 0 ? width : next.startsWith('-') ? 1 : 2;
      own.push(...words.slice(at, at + taken));
      at += taken;
      continue;
    }
    first ??= word;
    const taken = isOperand || next.startsWith('-') ? 1 : 2;
    qemu.push(...words.slice(at, at + taken));
    at += taken;
  }
  return { own, qemu: [...qemu, ...words.slice(at + 1)], first };
}

function isOfQemu(command: Command, word: string): boolean {
  if (word.startsWith('--')) return withTwoDashes.has(word.slice(2));
  const name = word.slice(1);
  if (likeOurs.has(name) || Object.hasOwn(ours, name)) return true;
  // One dash too few (`-detach`), and short options in one word (`-qd`, `-nlun`).
  if (widthOfOption(command, `--${name}`) > 0) return false;
  return widthOfOption(command, `-${name.charAt(0)}`) === 0 || !isBundle(command, name);
}

/** `-qd`: each a short option without a value, or the rest is the value of one. */
function isBundle(command: Command, letters: string): boolean {
  for (const letter of letters) {
    const width = widthOfOption(command, `-${letter}`);
    if (width !== 1) return width === 2;
  }
  return true;
}
