import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../../src/cli.ts';
import {
  cellOf,
  commandGroups,
  nameWidth,
  nestedSummaryWidth,
  summaryWidth,
} from '../../../src/cli/help.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

/** Last line of an 80x24 screen is the next prompt. */
const screenLines = 23;

function program(...words: readonly string[]): Command {
  const { signal } = new AbortController();
  return buildProgram({
    cwd: '/',
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

/** Every command, also those below another, by the words that run it. */
function everyCommand(command: Command, before = ''): [string, Command][] {
  return command.commands.flatMap((each) => {
    const words = `${before}${each.name()}`;
    return [[words, each] satisfies [string, Command], ...everyCommand(each, `${words} `)];
  });
}

function printedHelp(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return text;
}

describe('utopia --help', () => {
  test('fits a screen of 80x24', () => {
    const lines = printedHelp(program()).trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(screenLines);
  });

  test('shows every command, in a group', () => {
    const root = program();
    const help = printedHelp(root);
    expect(root.commands.map((each) => each.name()).toSorted()).toEqual(
      Object.keys(commandGroups).toSorted(),
    );
    for (const command of root.commands) {
      const beside = Object.keys(cellOf).filter((each) => cellOf[each] === command.name());
      const names = [command.name(), ...beside].join(', ');
      const isShared = cellOf[command.name()] !== undefined;
      if (isShared) expect(help).toContain(`, ${command.name()} `);
      else expect(help).toContain(`${names.padEnd(nameWidth)} ${command.summary()}`);
    }
  });

  test.each(program().commands.map((each) => [each.name(), each.summary()]))(
    '%s has a short summary',
    (name, summary) => {
      expect(name.length).toBeLessThanOrEqual(nameWidth);
      expect(summary).not.toBe('');
      expect(summary.length).toBeLessThanOrEqual(summaryWidth);
    },
  );

  test('has one column of commands on a narrow terminal', () => {
    const root = program();
    root.configureOutput({ getOutHelpWidth: () => 50 });
    const lines = root.helpInformation().split('\n');
    expect(lines.find((line) => line.startsWith('machine'))).toMatch(/start and watch it$/);
  });
});

const nested = everyCommand(program()).filter(([words]) => words.includes(' '));

test.each(nested)('utopia %s has a short summary for the list of its group', (_words, command) => {
  expect(command.summary()).toMatch(/^[a-z]/);
  expect(command.summary().length).toBeLessThanOrEqual(nestedSummaryWidth);
});

test.each([['', program()] as const, ...everyCommand(program())])(
  'utopia %s --help on 40 columns: lines are broken at their blanks',
  (_words, command) => {
    command.configureOutput({ getOutHelpWidth: () => 40 });
    const [, ...lines] = command.helpInformation().split('\n');
    const long = lines.filter((line) => line.length > 40 && / /.test(line.trim()));
    command.configureOutput({ getOutHelpWidth: () => 80 });
    expect(long).toEqual([]);
  },
);

test.each(everyCommand(program()))('utopia %s --help has an example of it', (words, command) => {
  const lines = printedHelp(command).split('\n');
  const start = lines.findIndex((line) => /^Examples?:$/.test(line));
  const shown = lines.slice(start + 1, lines.indexOf('', start + 1));
  expect(start).toBeGreaterThan(0);
  expect(shown.some((line) => ` ${line} `.includes(` ${words} `))).toBe(true);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test.each(everyCommand(program()))('utopia %s --help fills its lines', (_words, command) => {
  const [, description = ''] = printedHelp(command).split('\n\n');
  const lines = description.split('\n');
  const early = lines.slice(0, -1).filter((line, index) => {
    const [nextWord = ''] = lines[index + 1]?.split(' ') ?? [];
    return `${line} ${nextWord}`.length <= 80 - 1;
  });
  expect(early).toEqual([]);
});

function namesFor(...words: readonly string[]): string[] {
  return program(...words).commands.map((each) => each.name());
}

describe('only the wanted commands are made', () => {
  const all = namesFor();

  test.each(all)('%s', (name) => {
    expect(namesFor('-q', '-C', '/tmp', '-n', 'up', name, '--json')).toContain(name);
    expect(namesFor(name, '--help').length).toBeLessThan(all.length);
  });

  test.each([['help', 'up'], ['--help', 'up'], ['-qn', 'up', 'sttus'], ['--', 'x'], ['-V']])(
    'all of them for %s %s %s',
    (...words) => expect(namesFor(...words)).toEqual(all),
  );
});
