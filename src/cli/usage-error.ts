import type { Command } from 'commander';
import { UtopiaError } from '../errors.ts';
import { destructiveCommands, riskyOptions, translateWord } from './foreign-words.ts';
import { nearestWords } from './nearest.ts';
import { findCommand } from './typed-words.ts';

/** `utopia snapshot save`: what one types to run it. */
function lineOf(command: Command): string {
  return command.parent === null ? command.name() : `${lineOf(command.parent)} ${command.name()}`;
}

/** A word where the name of a command is to stand: what was meant, or where the names are. */
export function unknownCommand(parent: Command, word: string, asTopic = false): UtopiaError {
  const line = lineOf(parent);
  const meant = meantBy(parent, word);
  const lines = asTopic ? meant.flatMap((each) => helpFor(parent, each)) : meant;
  const isRemoval = parent.parent === null && meant.length === 0 && isTranslated(parent, word);
  const hint = isRemoval
    ? removalHint
    : lines.length > 0
      ? lines.map((each, at) => (at === 0 ? each : `or   ${each}`)).join('\n')
      : `${line} --help lists ${parent.parent === null ? 'the' : 'its'} commands`;
  const question = meant.length > 0 ? ` Did you mean ${quoted(lines)}?` : '';
  return new UtopiaError('usage', `${line} has no command "${word}".${question}`, { hint });
}

function quoted(lines: readonly string[]): string {
  return lines.map((line) => `"${line}"`).join(' or ');
}

/** No command deletes a machine, and what throws something away is never guessed. */
const removalHint =
  'utopia down ends a machine. To remove it, remove its folder: utopia ls names it.';

function groupName(parent: Command): string {
  return parent.parent === null ? '' : parent.name();
}

function isTranslated(parent: Command, word: string): boolean {
  return translateWord(groupName(parent), word) !== undefined;
}

/** Foreign words come before misspelt ones: `start` is `up`, not `status`. */
function meantBy(parent: Command, word: string): readonly string[] {
  const name = groupName(parent);
  const known = translateWord(name, word);
  if (known !== undefined) return known;
  const visible = parent.createHelp().visibleCommands(parent);
  const names = visible
    .map((each) => each.name())
    .filter((each) => each !== 'help')
    .filter((each) => !destructiveCommands.has(name === '' ? each : `${name} ${each}`));
  return nearestWords(word, names).map((each) => `${lineOf(parent)} ${each}`);
}

/** `utopia help snapshot save` for `utopia snapshot save NAME`; nothing for what is no command. */
function helpFor(parent: Command, line: string): string[] {
  let root = parent;
  while (root.parent !== null) root = root.parent;
  const names: string[] = [];
  for (const word of line.split(' ').slice(1)) {
    if (findCommand(root, [...names, word]) === undefined) break;
    names.push(word);
  }
  return names.length === 0 ? [] : [`utopia help ${names.join(' ')}`];
}

/** Prints the help of `utopia help WORD…`. Throws `usage` for what is no command. */
export function showTopic(program: Command, topic: readonly string[]): void {
  let command = program;
  for (const word of topic) {
    if (word === 'help' && command.commands.length > 0) continue;
    const found = command.commands.find((each) => each.name() === word);
    if (found === undefined) {
      if (command.commands.length > 0) throw unknownCommand(command, word, true);
      throw new UtopiaError(
        'usage',
        `${lineOf(command)} has no commands, so no "${word}" either.`,
        {
          hint: `utopia help ${topic.slice(0, topic.indexOf(word)).join(' ')}`,
        },
      );
    }
    command = found;
  }
  command.outputHelp();
}

/** What commander refuses, in the words and the form of every other error. */
export function refusalOf(command: Command, error: Error): UtopiaError {
  const said = error.message.replace(/^error: /, '');
  const message = `${said.charAt(0).toUpperCase()}${said.slice(1)}`.replaceAll(
    /'([^']*)'/g,
    '"$1"',
  );
  const typed = /unknown option '(--?[^']{2,})'/.exec(said)?.[1];
  const meant = typed === undefined ? [] : nearestOptions(command, typed);
  const question = meant.length > 0 ? ` Did you mean ${meant.join(' or ')}?` : '';
  const end = /[.?!]$/.test(message) ? '' : '.';
  return new UtopiaError('usage', `${message}${end}${question}`, {
    hint: `${lineOf(command)} --help`,
  });
}

function nearestOptions(command: Command, typed: string): string[] {
  const options = [...command.options, ...(command.parent?.options ?? [])];
  const names = options
    .filter(({ hidden, long }) => !hidden && long !== undefined && !riskyOptions.has(long))
    .map(({ long }) => String(long).slice(2));
  const name = typed.replace(/^--?/, '').split('=')[0] ?? '';
  return nearestWords(name, [...new Set([...names, 'help'])]).map((each) => `--${each}`);
}
