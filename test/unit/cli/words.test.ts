import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../../src/cli.ts';
import {
  destructiveCommands,
  everyTranslation,
  riskyOptions,
} from '../../../src/cli/foreign-words.ts';
import { refuseQemuWords } from '../../../src/cli/qemu-words.ts';
import { findCommand, mayBeForQemu, readTypedCommand } from '../../../src/cli/typed-words.ts';
import { refusalOf, unknownCommand } from '../../../src/cli/usage-error.ts';
import { UtopiaError } from '../../../src/errors.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

const { signal } = new AbortController();
const program = buildProgram({
  cwd: '/',
  env: {},
  terminal: openTerminal(process, { NO_COLOR: '1' }),
  signal,
  urgentSignal: signal,
  program: [],
  commandLine: [],
  words: [],
  timeoutScale: 1,
});

/** What is printed for a word where a command is to stand. */
function answerTo(line: string): string {
  const { command, unknown = '' } = readTypedCommand(program, line.split(' '));
  const { message, hint } = unknownCommand(command, unknown);
  return `${message}\n${hint}`;
}

/** Every command with its names from the root. */
function everyCommand(command: Command = program, before: readonly string[] = []): string[] {
  return command.commands.flatMap((each) => {
    const names = [...before, each.name()];
    return [names.join(' '), ...everyCommand(each, names)];
  });
}

describe('words of other programs', () => {
  test.each([
    ['restart', 'utopia reboot'],
    ['stop', 'utopia down'],
    ['kill', 'utopia down'],
    ['poweroff', 'utopia down'],
    ['halt', 'utopia down'],
    ['shutdown', 'utopia down'],
    ['SHUTDOWN', 'utopia down'],
    ['start', 'utopia up'],
    ['shell', 'utopia ssh'],
    ['connect', 'utopia ssh'],
    ['restore', 'utopia snapshot restore NAME'],
    ['save', 'utopia snapshot save NAME'],
    ['list', 'utopia ls'],
    ['ps', 'utopia ls'],
    ['export', 'utopia config'],
    ['-C /tmp stop', 'utopia down'],
    ['snapshot create', 'utopia snapshot save NAME'],
    ['image ls', 'utopia image list'],
  ])('%s: %s', (typed, line) => {
    if (findCommand(program, [typed]) !== undefined) return;
    expect(answerTo(typed)).toContain(`"${line}"`);
  });

  test.each(['delete', 'destroy', 'rm', 'remove', 'prune'])(
    '%s: no command deletes a machine',
    (word) => expect(answerTo(word)).toMatch(/has no command.*\nutopia down ends.*utopia ls/),
  );

  test('each leads to a command that exists', () => {
    const wrong = everyTranslation()
      .flatMap(([, lines]) => lines)
      .filter((line) => {
        const [, first = '', second = ''] = line.split(' ');
        if (first.startsWith('-')) return false;
        const found = findCommand(program, [first]);
        if (found === undefined) return true;
        return (
          found.commands.length > 0 && findCommand(found, [second]) === undefined && second !== ''
        );
      });
    expect(wrong).toEqual([]);
  });
});

describe('misspelt words', () => {
  test.each([
    ['sttus', 'utopia status'],
    ['upp', 'utopia up'],
    ['screnshot', 'utopia screenshot'],
    ['susp', 'utopia suspend'],
    ['snapshot sav', 'utopia snapshot save'],
    ['image bild', 'utopia image build'],
    ['sensors recrod', 'utopia sensors record'],
  ])('%s: %s', (typed, line) => expect(answerTo(typed)).toContain(`"${line}"`));

  test.each(['xyzzy', '', 'a', 'zz', 'x'.repeat(100_000)])(
    'nothing is guessed for %.10s',
    (word) => {
      expect(unknownCommand(program, word).message).not.toContain('Did you mean');
    },
  );

  test('a command that throws something away is suggested for no slip of its name, nor for a foreign word', () => {
    const suggested: string[] = [];
    const groups = [program, ...program.commands.filter(({ commands }) => commands.length > 0)];
    const look = (parent: Command, word: string): void => {
      const { message, hint } = unknownCommand(parent, word);
      for (const name of destructiveCommands) {
        if (`${message.replace(/"[^"]*"/, '')}\n${hint}\n`.match(new RegExp(`utopia ${name}\\b`)))
          suggested.push(word);
      }
    };
    for (const each of destructiveCommands) {
      const names = each.split(' ');
      const name = names.at(-1) ?? '';
      const parent = findCommand(program, names.slice(0, -1)) ?? program;
      for (let at = 0; at <= name.length; at += 1) {
        for (const letter of ['', ...'abcdefghijklmnopqrstuvwxyz-'.split('')]) {
          for (const cut of [0, 1]) {
            const slip = `${name.slice(0, at)}${letter}${name.slice(at + cut)}`;
            if (slip !== name) look(parent, slip);
          }
        }
        look(parent, name.slice(0, at));
      }
    }
    for (const [word] of everyTranslation()) for (const parent of groups) look(parent, word);
    expect(suggested).toEqual([]);
  });

  test('what is named as destructive or risky exists', () => {
    expect([...destructiveCommands].filter((each) => !everyCommand().includes(each))).toEqual([]);
    const flags = new Set(
      everyCommand().flatMap((each) =>
        findCommand(program, each.split(' '))?.options.map(({ long }) => long),
      ),
    );
    expect([...riskyOptions].filter((each) => !flags.has(each))).toEqual([]);
  });
});

describe('options', () => {
  const up = findCommand(program, ['up']) ?? program;
  const refused = (option: string): string =>
    refusalOf(up, new Error(`error: unknown option '${option}'`)).message;

  test('a misspelt one: which was meant, and whose help', () => {
    expect(refused('--detahc')).toBe('Unknown option "--detahc". Did you mean --detach?');
    expect(refusalOf(up, new Error('error: x')).hint).toBe('utopia up --help');
  });

  test.each(['--forc', '--ye', '--yse', '--col', '--expose-anywa'])('%s: nothing risky', (option) =>
    expect(refused(option)).not.toMatch(/Did you mean.*--(?:force|yes|cold|expose)/),
  );
});

/** The command line that is said to work; undefined where nothing is to be said. */
function corrected(line: string): string | undefined {
  const words = line.split(' ');
  const { command, next } = readTypedCommand(program, words);
  if (!mayBeForQemu(command, words.slice(next))) return undefined;
  try {
    refuseQemuWords(command, words.slice(0, next), words.slice(next));
  } catch (error) {
    if (error instanceof UtopiaError) return error.hint?.split('\n').join(' | ');
  }
  return undefined;
}

describe("QEMU's arguments before --", () => {
  test.each([
    ['up -smp 4', 'utopia up -- -smp 4 | or   utopia up --cpus 4'],
    ['up -m 2G -d', 'utopia up -d -- -m 2G | or   utopia up --memory 2G'],
    ['up -nographic', 'utopia up -- -nographic'],
    ['up -name x', 'utopia up -- -name x'],
    ['up -vnc :3', 'utopia up -- -vnc :3'],
    ['up -hda x.img', 'utopia up -- -hda x.img | or   utopia up --disk x.img'],
    ['up -qmp stdio', 'utopia up -- -qmp stdio'],
    ['up -device edu --detach', 'utopia up --detach -- -device edu'],
    ['up --bios x.bin', 'utopia up -- --bios x.bin'],
    ['up -s -S', 'utopia up -- -s -S'],
    ['up -run-with user=x', 'utopia up -- -run-with user=x'],
    ['up -d int', 'utopia up -- -d int'],
    ['up disk.img', 'utopia up -- disk.img'],
    [
      '-n lab up --cpus 2 -smp 4 -- -usb',
      'utopia -n lab up --cpus 2 -- -smp 4 -usb | or   utopia up --cpus 4',
    ],
    [
      'up -drive file=./x,if=ide',
      'utopia up -- -drive file=./x,if=ide | or   utopia up --disk ./x',
    ],
  ])('%s', (typed, line) => expect(corrected(typed)).toBe(line));

  test.each([
    'up',
    'up -d',
    'up -qd --cpus 2',
    'up -nlab -d',
    'up -n lab',
    'up --memory=2G -- -device edu x',
    'up --disk a --disk b --name c',
    'up --memroy 2G',
    'up -detach',
  ])('%s is read as before', (typed) => expect(corrected(typed)).toBeUndefined());
});

test.each([
  ['help', []],
  ['help snapshot save', ['snapshot', 'save']],
  ['snapshot help save', ['snapshot', 'save']],
  ['-C /tmp help up --json', ['up']],
  ['exec help', undefined],
  ['run -- help', undefined],
])('%s asks for help about %s', (typed, topic) =>
  expect(readTypedCommand(program, typed.split(' ')).topic).toEqual(topic),
);

test.each([
  ['run --max-log 1K -- true', '--max-log goes with --logs'],
  ['run --share-folder -- true', '--share-folder goes with --each'],
  ['run --share-folder --commands x', '--share-folder goes with --each'],
  ['run --jobs 2 -- true', '--jobs goes with --each, --commands, several kernels or --bisect'],
  ['run --boot-failure-is bad -- true', '--boot-failure-is goes with --bisect'],
  ['run -o ../out -- true', '--output goes with --bisect'],
  ['run --llvm -- true', '--llvm goes with --bisect'],
  ['run --ccache -- true', '--ccache goes with --bisect'],
  ['run --max-copy-out 1M -- true', '--max-copy-out goes with --copy-out'],
])('%s: an option that does nothing alone is refused', async (typed, text) => {
  await expect(program.parseAsync(typed.split(' '), { from: 'user' })).rejects.toThrow(text);
});

test.each([
  ...['--kernel mine', '--each a', '--commands x', '--keep', '--rw', '--copy-out a'],
  ...['--junit x', '--results r', '--resume', '--logs l', '--share-folder', '--with b'],
])(
  'run --bisect %s is refused: each would be of several runs, or write into the tree',
  async (more) => {
    const words = ['run', '--bisect', ...more.split(' '), '--', 'true'];
    await expect(program.parseAsync(words, { from: 'user' })).rejects.toThrow(
      /cannot be used with option|goes with/,
    );
  },
);

test('run --boot-failure-is takes two words', async () => {
  const words = ['run', '--bisect', '--boot-failure-is', 'good', '--', 'true'];
  await expect(program.parseAsync(words, { from: 'user' })).rejects.toThrow('skip or bad');
});
