import type { Command } from 'commander';
import { findOperand } from './guest-words.ts';

/** What was typed of utopia's commands: the command that it names, and what is wrong with it. */
export interface TypedCommand {
  /** utopia itself where none is named. */
  readonly command: Command;
  /** Position of the next word behind the command's name. */
  readonly next: number;
  /** A word where the name of a command stands, and is none. */
  readonly unknown?: string | undefined;
  /** `utopia help …`: the words behind `help`. */
  readonly topic?: readonly string[] | undefined;
}

/** Reads the names of commands that stand in `words`. Pure. */
export function readTypedCommand(program: Command, words: readonly string[]): TypedCommand {
  let command = program;
  let next = 0;
  for (;;) {
    const at = findOperand(words, next);
    const word = words[at];
    if (word === undefined || word === '--') return { command, next };
    const isGroup = command.commands.length > 0;
    if (isGroup && word === 'help') {
      const rest = words.slice(at + 1).filter((each) => !each.startsWith('-'));
      const before = command === program ? [] : [command.name()];
      return { command, next, topic: [...before, ...rest] };
    }
    const found = command.commands.find((each) => each.name() === word);
    if (found === undefined) {
      return { command, next, unknown: isGroup ? word : undefined };
    }
    command = found;
    next = at + 1;
  }
}

/** The command of these names, `snapshot save`; undefined where one of them is none. */
export function findCommand(program: Command, names: readonly string[]): Command | undefined {
  let command: Command | undefined = program;
  for (const name of names) command = command?.commands.find((each) => each.name() === name);
  return command;
}

/**
 * Whether words for `utopia up` need a closer look: one before `--` that is none of its options
 * nor their value. QEMU's options, some of which commander takes for its own (`-nographic` is
 * `-n ographic` to it).
 */
export function mayBeForQemu(command: Command, words: readonly string[]): boolean {
  let at = 0;
  while (at < words.length && words[at] !== '--') {
    const word = words[at] ?? '';
    const width = widthOfOption(command, word);
    if (width === 0) return true;
    if (word === '-d' && !(words[at + 1] ?? '-').startsWith('-')) return true;
    at += width;
  }
  return false;
}

/** Words that an option of the command or of utopia takes, itself included; 0 for what is none of them. */
export function widthOfOption(command: Command, word: string): 0 | 1 | 2 {
  if (word === '-h' || word === '--help' || word === '-V' || word === '--version') return 1;
  const name = word.startsWith('--') ? (word.split('=')[0] ?? word) : word;
  const options = [...command.options, ...(command.parent?.options ?? [])];
  const option = options.find(({ short, long }) => name === short || name === long);
  if (option === undefined) return 0;
  return option.required && !word.includes('=') ? 2 : 1;
}
