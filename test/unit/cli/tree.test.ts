import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { findOperand } from '../../../src/cli/guest-words.ts';
import {
  commandTable,
  type Call,
  type Change,
  type CommandRow,
  type OptionRow,
} from '../../support/command-table.ts';
import {
  commandTree,
  everyCommand,
  readLine,
  replaceCommands,
  replacedStatus,
  spellings,
} from '../../support/command-tree.ts';

replaceCommands();

const root = commandTree();
const tree = everyCommand(root);
const plain = { config: undefined, machine: undefined, json: false, quiet: false, verbose: false };

function wordsOf(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

function isCall(change: Change): change is Call {
  return typeof change === 'object' && typeof change['calls'] === 'string';
}

/** What a row says that its line reaches. */
function expected(row: CommandRow, change: Change = 'nothing'): object {
  const base = {
    function: row.calls,
    given: row.given,
    exitCode: row.passesStatus === true || change === 'exit status' ? replacedStatus : undefined,
    globals: plain,
    cwd: '/lab',
  };
  if (row.withoutGlobals === true) return { ...base, globals: row.given[0], given: [] };
  if (typeof change === 'string') return base;
  if (isCall(change)) return { ...base, function: change.calls, given: change.given };
  const record = { ...(row.given.at(-1) as object), ...change };
  return { ...base, given: [...row.given.slice(0, -1), record] };
}

/** A line for each way in which an option can be written. */
function linesOf(
  name: string,
  row: CommandRow,
  [option, value, , beside = '']: OptionRow,
): string[] {
  const end = wordsOf(row.args ?? '');
  const line = (...own: readonly string[]): string =>
    [name, ...own, ...wordsOf(beside), ...end].join(' ');
  if (option.startsWith('[')) return [`${name} ${value}`];
  const written = option.split(', ').map((each) => line(each, ...wordsOf(value)));
  const { required, variadic } = optionsOf(name).find((each) => spellings(each) === option) ?? {};
  if (required !== true || variadic === true || value.includes(' ')) return written;
  const joined = option
    .split(', ')
    .map((each) => `${each}${each.startsWith('--') ? '=' : ''}${value}`);
  return [...written, ...joined.map((each) => line(each))];
}

function commandOf(name: string): Command {
  return tree.find(([words]) => words === name)?.[1] ?? root;
}

function optionsOf(name: string): Command['options'] {
  return commandOf(name).options;
}

describe('the table of command lines', () => {
  test('has a row for each command that does something', () => {
    // One that has commands below it does something only where it has an action of its own.
    const wanted = tree
      .filter(([name, { commands }]) => commands.length === 0 || Object.hasOwn(commandTable, name))
      .map(([name]) => name);
    expect(
      Object.keys(commandTable).toSorted(),
      'add a command to, or take it out of, commandTable in test/support/command-table.ts: its ' +
        'words, the function it calls, what that is given, and a row for each option',
    ).toEqual(wanted.toSorted());
  });

  test.each(tree.filter(([, { commands }]) => commands.length > 0))(
    '%s, a group, has a row if it does something alone',
    async (name) => {
      const alone = await readLine(wordsOf(name)).catch(() => undefined);
      expect(alone !== undefined, `give ${name} a row in commandTable`).toBe(
        Object.hasOwn(commandTable, name),
      );
    },
  );

  test.each(tree)('has a row for each option and optional argument of %s', (name, command) => {
    const wanted = command.options.flatMap((option) =>
      // Without its value and with it.
      option.optional ? [spellings(option), `${spellings(option)} VALUE`] : [spellings(option)],
    );
    const optional = command.registeredArguments.filter(({ required }) => !required);
    wanted.push(...optional.map((argument) => `[${argument.name()}]`));
    const rows = (commandTable[name]?.options ?? []).map(([option, value]) =>
      value !== '' && command.options.some((each) => each.optional && spellings(each) === option)
        ? `${option} VALUE`
        : option,
    );
    expect(
      [...new Set(rows)].toSorted(),
      `add a row for the option to ${name} in commandTable, test/support/command-table.ts: ` +
        '[spellings, a value that is not the default, what it changes]',
    ).toEqual(wanted.toSorted());
  });
});

describe.each(Object.entries(commandTable))('utopia %s', (name, row) => {
  const alone = [name, row.args ?? ''].join(' ').trimEnd();

  test(`${alone}: reaches ${row.calls}`, async () => {
    expect(await readLine(wordsOf(alone))).toEqual(expected(row));
  });

  const lines = row.options.flatMap((option) =>
    linesOf(name, row, option).map((line) => [line, option[2]] as const),
  );
  test.each(lines)('%s', async (line, change) => {
    expect(await readLine(wordsOf(line))).toEqual(expected(row, change));
  });

  for (const [option, , change, beside] of row.options) {
    if (beside === undefined) continue;
    test(`${option} changes what ${beside} does`, async () => {
      const without = `${name} ${beside} ${row.args ?? ''}`.trimEnd();
      expect(await readLine(wordsOf(without))).not.toEqual(expected(row, change));
    });
  }

  test('no two options do the same, and none does nothing unsaid', () => {
    const changes = row.options
      .filter(([option, , change]) => !option.startsWith('[') && change !== 'nothing')
      .map(([, , change]) => JSON.stringify(change));
    expect(new Set(changes).size).toBe(changes.length);
    for (const [option, , change] of row.options) {
      if (typeof change === 'string') continue;
      expect(expected(row, change), `${option}: a value that is not the default`).not.toEqual(
        expected(row),
      );
    }
  });
});

describe('options of every command', () => {
  const rows: Readonly<Record<string, readonly [value: string, change: object]>> = {
    '--config': ['x.config', { globals: { ...plain, config: 'x.config' } }],
    '-n': ['ask1', { globals: { ...plain, machine: { file: '/named/ask1' } } }],
    '-C': ['below', { cwd: '/lab/below' }],
    '--json': ['', { globals: { ...plain, json: true } }],
    '-q, --quiet': ['', { globals: { ...plain, quiet: true } }],
    '-v, --verbose': ['', { globals: { ...plain, verbose: true } }],
  };

  test('each has a row', () => {
    const version = '-V, --version';
    expect(
      [...Object.keys(rows), version].toSorted(),
      'add a row for the option to the table above this test',
    ).toEqual(root.options.map(spellings).toSorted());
  });

  const lines = Object.entries(rows).flatMap(([option, [value, change]]) =>
    option.split(', ').map((each) => [[each, ...wordsOf(value)].join(' '), change] as const),
  );
  test.each(lines)('%s, before the command and behind it', async (words, change) => {
    const status = commandTable['status'];
    if (status === undefined) throw new Error('status has no row');
    const wanted = { ...expected(status), ...change };
    expect(await readLine(wordsOf(`${words} status`))).toEqual(wanted);
    expect(await readLine(wordsOf(`status ${words}`))).toEqual(wanted);
  });
});

// Where it is not known, its value is taken for the guest's command.
test.each(
  ['ssh', 'exec', 'run'].flatMap((name) =>
    [...optionsOf(name), ...root.options]
      .filter(({ required, variadic }) => required && !variadic)
      .flatMap((option) => spellings(option).split(', '))
      .map((option) => [name, option] as const),
  ),
)('%s %s VALUE: the value is not taken for the command in the guest', (name, option) => {
  expect(findOperand([name, option, 'VALUE', 'x'], 1)).toBe(3);
});
