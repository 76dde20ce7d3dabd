import type { FixCommand } from '../host/check.ts';
import type { AttemptedUnit, FixOutcome } from '../host/fixes/outcome.ts';
import type { FixPlan, FixUnit } from '../host/fixes/fix-unit.ts';
import { commandLines, renderCheck, type DoctorStyle } from './doctor.ts';
import { countOf } from '../text/format.ts';
import { wrapText } from './lines.ts';

/** Where text starts below the number of a fix. */
const indent = '     ';
const idWidth = 15;

/** What will be done: for each fix the problem, its commands with whose they are and why, and what changes. */
export function renderPlan({ units, yours }: FixPlan, style: DoctorStyle): string[] {
  const commands = units.flatMap((unit) => unit.commands);
  const head = `${countOf(units.length, 'fix', 'fixes')}, ${countOf(commands.length, 'command')}:`;
  const lines = [head, ...units.flatMap((unit, index) => renderUnit(unit, index + 1, style))];
  if (yours.length === 0) return lines;
  const { color, symbols } = style;
  const left = yours.flatMap(({ id, message }) =>
    item(color.yellow(symbols.warn), id, message, style),
  );
  return [...lines, '', 'Not among them, since only you can do it:', ...left];
}

/** A command as it is run, ready to be pasted. */
export function renderRunning(command: FixCommand, style: DoctorStyle): string[] {
  return commandLines(command, style, style.columns - 4).map(
    (line, index) => `  ${index === 0 ? '$ ' : '  '}${line}`,
  );
}

function renderUnit(unit: FixUnit, number: number, style: DoctorStyle): string[] {
  const { ids, problem, commands, changes } = unit;
  const width = style.columns - indent.length - idWidth - 1;
  const [first = '', ...rest] = wrapText(problem, width);
  return [
    '',
    `${`${number}.`.padStart(4)} ${style.color.bold(ids[0].padEnd(idWidth))} ${first}`,
    ...rest.map((line) => `${indent}${' '.repeat(idWidth)} ${line}`),
    ...commands.flatMap((command) => renderCommand(command, style)),
    ...labelled('then', changes, style),
  ];
}

function renderCommand(command: FixCommand, style: DoctorStyle): string[] {
  const lines = commandLines({ ...command, root: false }, style, style.columns - indent.length - 7);
  return [
    ...lines.map((line, index) => {
      const whose = index > 0 ? '' : command.root ? 'root' : 'you';
      return `${indent}${whose.padEnd(6)} ${style.color.cyan(line)}`;
    }),
    ...labelled('', command.why, style),
  ];
}

function labelled(label: string, text: string, style: DoctorStyle): string[] {
  return wrapText(text, style.columns - indent.length - 7).map(
    (line, index) => `${indent}${(index === 0 ? label : '').padEnd(6)} ${line}`,
  );
}

/** The end: what is fixed, what a new login or a reboot brings, what is left to the user. */
export function renderOutcome(outcome: FixOutcome, style: DoctorStyle): string[] {
  const { fixed, failed, relogin, reboot, yours } = outcome;
  const { color, symbols } = style;
  const explained = new Set<string>();
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [
      'Fixed',
      fixed.flatMap(({ ids, changes }) => item(color.green(symbols.ok), ids[0], changes, style)),
    ],
    ['Not fixed', failed.flatMap((each) => renderFailure(each, style))],
    ['Needs a new login', relogin.flatMap((each) => renderCheck(each, style, explained))],
    ['Needs a reboot', reboot.flatMap((each) => renderCheck(each, style, explained))],
    ['Yours to do', yours.flatMap((each) => renderCheck(each, style, explained))],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([title, lines], index) => [
      ...(index === 0 ? [] : ['']),
      color.bold(title),
      ...lines,
    ]);
}

function renderFailure({ unit, outcome }: AttemptedUnit, style: DoctorStyle): string[] {
  const mark = style.color.red(style.symbols.fail);
  const id = unit.ids[0];
  if (outcome.kind !== 'failed') {
    const why = outcome.kind === 'not-tried' ? outcome.reason : 'not wanted';
    return item(mark, id, `${unit.problem}: ${why}`, style);
  }
  return [
    ...item(mark, id, `${outcome.command}: ${outcome.reason}`, style),
    ...outcome.output.map((line) => `${' '.repeat(24)}| ${line.slice(0, style.columns - 26)}`),
  ];
}

/** A line as doctor's report has it for a check. */
function item(mark: string, id: string, text: string, { columns }: DoctorStyle): string[] {
  const [first = '', ...rest] = wrapText(text, columns - 24);
  return [
    `      ${mark} ${id.padEnd(idWidth)} ${first}`,
    ...rest.map((line) => `${' '.repeat(24)}${line}`),
  ];
}
