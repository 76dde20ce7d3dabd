import type { ChalkInstance } from 'chalk';
import type { CheckGroup, CheckResult, FixCommand } from '../host/check.ts';
import type { HostReport } from '../host/report.ts';
import { quoteForShell } from '../shell-words.ts';
import { countOf } from './format.ts';
import { wrapText } from './lines.ts';
import type { Symbols } from './terminal.ts';

/** How a report is drawn. */
export interface DoctorStyle {
  readonly columns: number;
  readonly color: ChalkInstance;
  readonly symbols: Symbols;
  /** Every check with its evidence, not only those that need a word. */
  readonly verbose: boolean;
  /** The reader is root: commands need no sudo. */
  readonly asRoot: boolean;
}

const groups: readonly CheckGroup[] = ['Host', 'KVM', 'QEMU', 'Lab'];
/** Columns before `why`, `do` and evidence. */
const bodyIndent = '        ';

/** A report as lines for a person: the answer, then a line a group, problems in full. */
export function renderDoctor(report: HostReport, style: DoctorStyle): string[] {
  const lines = wrapText(report.summary, style.columns);
  lines.push('');
  const explained = new Set<string>();
  for (const group of groups) {
    const results = report.checks.filter((result) => result.group === group);
    if (results.length > 0) lines.push(...renderGroup(group, results, report, style, explained));
  }
  if (!style.verbose) {
    lines.push('', `utopia doctor --verbose shows all ${report.checks.length} checks`);
  }
  return lines;
}

function renderGroup(
  group: CheckGroup,
  results: readonly CheckResult[],
  report: HostReport,
  style: DoctorStyle,
  explained: Set<string>,
): string[] {
  const problems = results.filter(isProblem);
  const mark = markOf(problems.find(({ status }) => status === 'fail') ?? problems[0], style);
  const count =
    problems.length === 0
      ? countOf(results.length, 'check')
      : `${problems.length} of ${results.length}`;
  const unknowns = results.filter(({ status }) => status === 'unknown').length;
  const note = [
    report.notes[group],
    ...(unknowns > 0 && !style.verbose ? [`${unknowns} not known`] : []),
  ].filter((part) => part !== '');
  const head = `  ${style.color.bold(group.padEnd(5))} ${mark} ${count.padEnd(10)} `;
  const [first = '', ...rest] = wrapText(note.join(', '), style.columns - 21);
  const shown = style.verbose ? results : problems;
  return [
    `${head}${first}`.trimEnd(),
    ...rest.map((line) => `${' '.repeat(21)}${line}`),
    ...shown.flatMap((result) => renderCheck(result, style, explained)),
  ];
}

function isProblem({ status }: CheckResult): boolean {
  return status === 'warn' || status === 'fail';
}

function markOf(result: CheckResult | undefined, { color, symbols }: DoctorStyle): string {
  const mark = {
    pass: color.green(symbols.ok),
    info: symbols.info,
    warn: color.yellow(symbols.warn),
    fail: color.red(symbols.fail),
    unknown: '?',
    skipped: symbols.info,
  }[result?.status ?? 'pass'];
  return mark;
}

function renderCheck(result: CheckResult, style: DoctorStyle, explained: Set<string>): string[] {
  const { id, message, why, fix, cause, because, evidence = [] } = result;
  const skipped = because === undefined ? message : `${message} (because of ${because})`;
  const [first = '', ...rest] = wrapText(skipped, style.columns - 24);
  const lines = [
    `      ${markOf(result, style)} ${id.padEnd(15)} ${first}`,
    ...rest.map((line) => `${' '.repeat(24)}${line}`),
  ];
  const known = cause !== undefined && explained.has(cause);
  if (isProblem(result) && !known) {
    if (cause !== undefined) explained.add(cause);
    if (why !== undefined) lines.push(...paragraph('why', why, style));
    if (fix?.advice !== undefined) {
      for (const line of fix.advice.split('\n')) lines.push(...paragraph('do', line, style));
    }
    for (const command of fix?.commands ?? []) lines.push(...renderCommand(command, style));
    const after = { none: '', relogin: 'log in again', reboot: 'reboot' }[fix?.after ?? 'none'];
    if (after !== '' && (fix?.commands.length ?? 0) > 0) {
      lines.push(...paragraph('then', after, style));
    }
  }
  if (style.verbose) {
    for (const { path, value } of evidence) {
      lines.push(...paragraph('saw', `${path}: ${value}`, style));
    }
  }
  return lines;
}

function paragraph(label: string, text: string, { columns }: DoctorStyle): string[] {
  const width = columns - bodyIndent.length - 5;
  return wrapText(text, width).map(
    (line, index) => `${bodyIndent}${(index === 0 ? label : '').padEnd(5)}${line}`,
  );
}

/** A command on lines of its own, so that it can be copied, broken where a shell allows it. */
function renderCommand({ argv, root, why }: FixCommand, style: DoctorStyle): string[] {
  const { color, columns, asRoot } = style;
  const words = [...(root && !asRoot ? ['sudo'] : []), ...argv.map(quoteForShell)];
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && bodyIndent.length + 7 + line.length + 1 + word.length > columns) {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return [
    ...paragraph('do', why, style),
    ...lines.map((each) => `${bodyIndent}     ${color.cyan(each)}`),
  ];
}
