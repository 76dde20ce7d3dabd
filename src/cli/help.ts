import { Help, type Command } from 'commander';
import { fitLine } from '../ui/fit-line.ts';
import { wrapText } from '../ui/lines.ts';

/** The groups of `utopia --help`, in the order of the screen. */
export type CommandGroup = 'machine' | 'guest' | 'time' | 'lab';

/**
 * Every command of `utopia --help`, in the order of the screen: a new one gets its
 * line here, a `.summary()` of at most `summaryWidth` characters, and `examples`.
 * test/unit/cli/help.test.ts holds all three.
 */
export const commandGroups: Readonly<Record<string, CommandGroup>> = {
  up: 'machine',
  down: 'machine',
  reboot: 'machine',
  status: 'machine',
  ls: 'machine',
  forward: 'machine',
  logs: 'machine',
  console: 'machine',
  screenshot: 'machine',
  vnc: 'machine',
  dump: 'machine',
  key: 'machine',
  sysrq: 'machine',
  ssh: 'guest',
  oops: 'guest',
  crash: 'guest',
  gdb: 'guest',
  drgn: 'guest',
  exec: 'guest',
  run: 'guest',
  test: 'guest',
  cp: 'guest',
  'ssh-config': 'guest',
  mount: 'guest',
  passwd: 'guest',
  expose: 'guest',
  login: 'guest',
  sensors: 'guest',
  suspend: 'time',
  snapshot: 'time',
  reset: 'time',
  undo: 'time',
  doctor: 'lab',
  rescue: 'lab',
  init: 'lab',
  config: 'lab',
  devices: 'lab',
  disks: 'lab',
  image: 'lab',
  kernel: 'lab',
  qemu: 'lab',
  module: 'lab',
};

/** Commands that stand in the cell of another one, whose summary says what both are for. */
export const cellOf: Readonly<Record<string, string>> = {
  sysrq: 'key',
  exec: 'ssh',
  drgn: 'gdb',
  test: 'run',
};

/** Longest summary of a command that leaves room for two columns of commands on 80. */
export const summaryWidth = 24;
/** Longest summary of a command below another, such as `kernel get`. */
export const nestedSummaryWidth = 48;
/** Longest name of a command: `screenshot`, `ssh-config`. */
export const nameWidth = 10;
const labelWidth = 9;
/** Name, blank, summary, and a blank to the next one. */
const cellWidth = nameWidth + 1 + summaryWidth + 1;

/** What a command is used like, for `.addHelpText('after', …)`; every command has at least one. */
export function examples(...lines: readonly string[]): string {
  const title = lines.length === 1 ? 'Example' : 'Examples';
  return `\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/**
 * commander's `formatHelp`: the overview for utopia itself, which fits a screen of
 * 80x24 however many commands there are, commander's own layout for each command.
 */
export function formatHelp(command: Command, helper: Help): string {
  if (command.parent !== null) return Help.prototype.formatHelp.call(helper, command, helper);
  const width = helper.helpWidth ?? 80;
  // On the narrowest terminals the labels stand above their commands.
  const isNarrow = width < labelWidth + cellWidth - 1;
  const columns = Math.max(1, Math.floor((width - labelWidth + 1) / cellWidth));
  const commands = new Map(helper.visibleCommands(command).map((each) => [each.name(), each]));
  const names = Object.keys(commandGroups);
  const drawCell = (name: string): string[] => {
    const summary = commands.get(name)?.summary();
    if (summary === undefined || cellOf[name] !== undefined) return [];
    const shown = [name, ...names.filter((other) => cellOf[other] === name)].join(', ');
    return [`${shown.padEnd(nameWidth)} ${summary}`.padEnd(cellWidth)];
  };
  const groups = [...new Set(Object.values(commandGroups))].flatMap((group) =>
    layOut(group, names.filter((name) => commandGroups[name] === group).flatMap(drawCell), {
      columns,
      isNarrow,
    }),
  );
  const options = helper.visibleOptions(command).map(({ flags }) => flags);
  return `${[
    ...(width < usageLine.length ? wrapText(usageLine, width, '  ') : [usageLine]),
    '',
    ...groups,
    ...wrapText(
      `options  ${options.map((each) => each.replaceAll(' ', noBreak)).join(' ')}`,
      width,
      ' '.repeat(isNarrow ? 2 : labelWidth),
    ),
  ]
    .join('\n')
    .replaceAll(noBreak, ' ')}\n`;
}

/** Below that a column of options leaves too little room beside it for the names of keys. */
const twoColumns = 60;

/** commander's `formatItem`: on a narrow terminal what an option does stands below it. */
export function formatItem(
  term: string,
  termWidth: number,
  description: string,
  helper: Help,
): string {
  const width = helper.helpWidth ?? 80;
  if (width >= twoColumns || description === '') {
    return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
  }
  return [...fitLine(`  ${term}`, width), ...fitLine(`      ${description}`, width)].join('\n');
}

/**
 * commander's `commandDescription`, as one paragraph: lines that the source breaks are
 * broken where the terminal is wide, not there and where commander breaks them as well.
 */
export function commandDescription(command: Command): string {
  return command.description().replaceAll('\n', ' ');
}

/** commander's `subcommandDescription`: in the list of a group, a few words for each command. */
export function subcommandDescription(command: Command): string {
  return command.summary() === '' ? commandDescription(command) : command.summary();
}

const usageLine =
  'Usage: utopia [options] COMMAND   (utopia help COMMAND says more, with examples)';

/** Stands for a blank at which a line is not to be broken; wrapText takes no-break spaces for blanks. */
const noBreak = '\u0001';

/** A group's label before its first row; cells go down the columns, as in a book. */
function layOut(
  label: string,
  cells: readonly string[],
  { columns, isNarrow }: { readonly columns: number; readonly isNarrow: boolean },
): string[] {
  if (isNarrow) return [label, ...cells.map((cell) => `  ${cell}`.trimEnd())];
  const rows = Math.ceil(cells.length / columns);
  return Array.from({ length: rows }, (_none, row) => {
    const line = cells.filter((_cell, at) => at % rows === row).join('');
    return `${(row === 0 ? label : '').padEnd(labelWidth)}${line}`.trimEnd();
  });
}
