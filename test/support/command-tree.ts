import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { vi } from 'vitest';
import { buildProgram } from '../../src/cli.ts';
import { separateGuestWords } from '../../src/cli/guest-words.ts';
import { openTerminal } from '../../src/ui/terminal.ts';

/** What a command line comes to: the function that a command calls, and what it is given. */
export interface Reached {
  readonly function: string;
  readonly globals: unknown;
  /** What the function takes besides the context and the global options. */
  readonly given: readonly unknown[];
  readonly cwd: string | undefined;
  readonly exitCode: unknown;
}

/** Status that every replaced function returns: one that no command ends with by itself. */
export const replacedStatus = 99;

const reached: Omit<Reached, 'exitCode'>[] = [];

/** In the place of a module of src/commands: each of its functions notes what it is called with. */
function replaceModule(): object {
  return new Proxy(
    {},
    {
      has: (_target, name) => typeof name === 'string' && name !== 'then',
      get: (_target, name) => {
        if (typeof name !== 'string' || name === 'then') return undefined;
        return (context: { readonly cwd?: string }, ...rest: readonly unknown[]) => {
          if (name === 'findMachineNamed')
            return Promise.resolve({ file: `/named/${String(rest[0])}` });
          const [globals, ...given] = rest;
          reached.push({ function: name, globals, given, cwd: context.cwd });
          return Promise.resolve(replacedStatus);
        };
      },
    },
  );
}

/** Replaces every module that src/cli loads when a command runs; call it before the first line is read. */
export function replaceCommands(): void {
  const folder = join(import.meta.dirname, '../../src/cli');
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/import\('\.\.\/(commands\/[^']+)'\)/g)) {
      vi.doMock(`../../src/${path}`, replaceModule);
    }
  }
}

/** The command tree as `utopia` builds it in the folder /lab: all of it without `words`. */
export function commandTree(words: readonly string[] = []): Command {
  const { signal } = new AbortController();
  return buildProgram({
    cwd: '/lab',
    env: {},
    terminal: openTerminal(process, { NO_COLOR: '1' }),
    signal,
    urgentSignal: signal,
    program: [],
    commandLine: [],
    words,
    timeoutScale: 1,
  });
}

/** Without the help that a group of commands prints when it stands alone. */
function quietTree(words: readonly string[]): Command {
  const tree = commandTree(words);
  for (const [, command] of everyCommand(tree)) {
    command.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  }
  return tree;
}

/** Reads a command line as src/program.ts does, and gives the one call that it leads to. */
export async function readLine(words: readonly string[]): Promise<Reached> {
  reached.length = 0;
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await quietTree(words).parseAsync(separateGuestWords(words), { from: 'user' });
    const [call] = reached;
    if (call === undefined || reached.length > 1) {
      throw new Error(`"utopia ${words.join(' ')}" called ${reached.length} functions`);
    }
    return { ...call, exitCode: process.exitCode };
  } finally {
    process.exitCode = before;
  }
}

/** Every command that does something, by the words that run it. */
export function everyCommand(
  command: Command,
  before: readonly string[] = [],
): [string, Command][] {
  return command.commands.flatMap((each) => {
    const words = [...before, each.name()];
    return [[words.join(' '), each] satisfies [string, Command], ...everyCommand(each, words)];
  });
}

/** An option as a row names it: `-d, --detach`. */
export function spellings(option: Pick<Option, 'short' | 'long'>): string {
  return [option.short, option.long].filter((each) => each !== undefined).join(', ');
}
