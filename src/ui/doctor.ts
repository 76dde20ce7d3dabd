import type { CheckGroup, CheckResult, Fix, FixCommand } from '../host/check.ts';
import type { Elevator } from '../host/fixes/elevation.ts';
import type { HostReport } from '../host/report-types.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { countOf } from '../text/format.ts';
import { wrapText } from './lines.ts';
import type { Style, Symbols } from './terminal.ts';

/** How a report is drawn. */
export interface DoctorStyle {
  readonly columns: number;
  readonly color: Style;
  readonly symbols: Symbols;
  /** Every check with its evidence, not only those that need a word. */
  readonly verbose: boolean;
  /** The reader is root: commands need no sudo. */
  readonly asRoot: boolean;
  /** What gets root on this host; sudo where that is not known. */
  readonly elevator?: Elevator | undefined;
  /** The command that made the report, without what does not matter; `utopia doctor` without. */
  readonly command?: string;
}

const groups: readonly CheckGroup[] = ['Host', 'KVM', 'QEMU', 'Lab', 'Work'];
/** Columns before `why`, `do` and evidence. */
const bodyIndent = '        ';

/** A report as lines for a person: the answer, then a line a group, problems in full. */
export function renderDoctor(report: HostReport, style: DoctorStyle): string[] {
  const lines = wrapText(report.summary, style.columns);
  const next = nextStep(report.checks.filter(isProblem), style);
  if (next !== undefined) lines.push(...wrapText(next, style.columns));
  lines.push('');
  const explained = new Set<string>();
  for (const group of groups) {
    const results = report.checks.filter((result) => result.group === group);
    if (results.length > 0) lines.push(...renderGroup(group, results, report, style, explained));
  }
  if (!style.verbose) {
    const more = `${commandOf(style)} --verbose shows all ${report.checks.length} checks`;
    lines.push('', ...wrapText(more, style.columns));
  }
  return lines;
}

function commandOf({ command = 'utopia doctor' }: DoctorStyle): string {
  return command;
}

/** One fix is said at once; several are counted. Two checks that see one cause have one fix. */
function nextStep(problems: readonly CheckResult[], style: DoctorStyle): string | undefined {
  const causes = new Set(problems.map(({ cause, id }) => cause ?? id));
  const mendable = problems.some(({ fix }) => fix?.kind === 'auto' || fix?.settings !== undefined);
  if (causes.size > 1) {
    const rest = mendable ? `; ${commandOf(style)} --fix mends what it can` : '';
    return `${causes.size} things to look at, below${rest}.`;
  }
  const fix = problems.find((problem) => problem.fix !== undefined)?.fix;
  if (fix === undefined) return undefined;
  const whose = fix.kind === 'manual' ? 'One fix, yours' : 'One fix';
  // A recipe of several lines, or what leads to one, is no step.
  const oneLine = fix.advice?.includes('\n') !== true;
  const said = oneLine ? (fix.advice ?? '') : '';
  const [first] = fix.commands;
  const command =
    first === undefined || (first.root && fix.commands.length > 1)
      ? ''
      : shellWords(first, style).join(' ');
  // What leads to commands is no step without them.
  const advice = command === '' && said.endsWith(':') ? '' : said;
  const link = advice === '' || command === '' || advice.endsWith(':') ? '' : 'Or now:';
  const step = [advice, link, command].filter((part) => part !== '').join(' ');
  // What takes more than a line stands below, where it can be laid out.
  const short =
    oneLine && step !== '' && step.length <= 100 && (advice !== '' || fix.commands.length === 1);
  if (short) return `${whose}: ${step}`;
  return mendable
    ? `One thing to mend, below: ${commandOf(style)} --fix does it.`
    : 'One thing to look at, below.';
}

function renderGroup(
  group: CheckGroup,
  results: readonly CheckResult[],
  report: HostReport,
  style: DoctorStyle,
  explained: Set<string>,
): string[] {
  const problems = results.filter(isProblem);
  const [unknowns, skips] = (['unknown', 'skipped'] as const).map(
    (wanted) => results.filter(({ status }) => status === wanted).length,
  );
  const good = results.length - (unknowns ?? 0) - (skips ?? 0);
  // Where nothing could be looked at, nothing has passed.
  const worst = problems.find(({ status }) => status === 'fail') ?? problems[0];
  const mark = markOf(worst ?? (good === 0 ? results[0] : undefined), style);
  const count =
    problems.length === 0 ? countOf(good, 'check') : `${problems.length} of ${results.length}`;
  const note = [
    report.notes[group],
    unknowns === 0 ? '' : `${unknowns} not known`,
    skips === 0 || problems.length > 0 ? '' : `${skips} skipped`,
  ].filter((part) => part !== '');
  const head = `  ${style.color.bold(group.padEnd(5))} ${mark} ${count.padEnd(10)} `;
  const [first = '', ...rest] = wrapText(note.join(', '), style.columns - 23);
  const shown = style.verbose ? results : results.filter(needsWord);
  return [
    `${head}${first}`.trimEnd(),
    ...rest.map((line) => `${' '.repeat(21)}${line}`),
    ...shown.flatMap((result) => renderCheck(result, style, explained)),
  ];
}

function isProblem({ status }: CheckResult): boolean {
  return status === 'warn' || status === 'fail';
}

/** Also what is fine now and may not be tomorrow. */
function needsWord(result: CheckResult): boolean {
  return (
    isProblem(result) ||
    (result.status === 'info' && result.why !== undefined && result.cause === undefined)
  );
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

/** One check's lines: what is, and for a problem why and what to do, once for each cause in `explained`. */
export function renderCheck(
  result: CheckResult,
  style: DoctorStyle,
  explained: Set<string>,
): string[] {
  const { id, message, why, fix, cause, because, evidence = [] } = result;
  const skipped = because === undefined ? message : `${message} (because of ${because})`;
  const [first = '', ...rest] = wrapText(skipped, style.columns - 24);
  const lines = [
    `      ${markOf(result, style)} ${id.padEnd(15)} ${first}`,
    ...rest.map((line) => `${' '.repeat(24)}${line}`),
  ];
  const known = cause !== undefined && explained.has(cause);
  if (needsWord(result) && !known && why !== undefined) lines.push(...paragraph('why', why, style));
  if (isProblem(result) && !known) {
    if (cause !== undefined) explained.add(cause);
    if (fix !== undefined) lines.push(...renderFix(fix, style));
  }
  if (style.verbose) {
    for (const { path, value } of evidence) {
      lines.push(...paragraph('saw', `${path}: ${value}`, style));
    }
  }
  return lines;
}

/** Steps in words, then commands as they can be pasted into a shell, each under its reason. */
function renderFix({ advice, commands, after, kind }: Fix, style: DoctorStyle): string[] {
  const width = style.columns - bodyIndent.length - 5;
  const steps = [
    ...(advice ?? '').split('\n').flatMap((line) => wrapText(line, width)),
    ...commands.flatMap((command) => [
      ...wrapText(`# ${command.why}`, width, '# '),
      ...commandLines(command, style, width).map((line) => style.color.cyan(line)),
    ]),
  ];
  const then = { none: [], relogin: ['Then log in again.'], reboot: ['Then reboot.'] }[after];
  const rest = kind === 'auto' ? then : [];
  return [...steps, ...rest].map(
    (line, index) => `${bodyIndent}${(index === 0 ? 'do' : '').padEnd(5)}${line}`,
  );
}

function paragraph(label: string, text: string, { columns }: DoctorStyle): string[] {
  const width = columns - bodyIndent.length - 5;
  return wrapText(text, width).map(
    (line, index) => `${bodyIndent}${(index === 0 ? label : '').padEnd(5)}${line}`,
  );
}

/** A command as it can be pasted into a shell, broken to fit `width` columns where its words allow. */
export function commandLines(command: FixCommand, style: DoctorStyle, width: number): string[] {
  return breakCommand(shellWords(command, style), width);
}

function shellWords({ argv, root }: FixCommand, { asRoot, elevator }: DoctorStyle): string[] {
  // A placeholder is to be read, not to be quoted.
  const words = argv.map((word) => (word === '…' ? word : quoteForShell(word)));
  if (!root || asRoot) return words;
  // su takes a line for a shell.
  if (elevator === 'su') return ['su', '-c', quoteForShell(words.join(' '))];
  return [elevator ?? 'sudo', ...words];
}

/** Breaks a command between its words, in the way a shell reads on. */
function breakCommand(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + word.length + 3 > width) {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
