import type { TestNode, TestOutcome } from '../ktap/test-node.ts';
import type { Terminal } from './terminal.ts';
import { countOf, formatDuration } from '../text/format.ts';
import { foldLine, wrapText } from './lines.ts';

/** What is shown of a run of tests. */
export interface ShownTests {
  readonly tests: readonly TestNode[];
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly hints: readonly string[];
  readonly testMs: number | null;
}

/** Of what was said while one test ran. */
const shownLines = 20;

/** The outcome with its reasons first, then the tests as a tree; what was said stands below what did not pass. */
export function describeTests(shown: ShownTests, terminal: Terminal): string[] {
  const { tests, outcome, reasons, hints, testMs } = shown;
  const { color, symbols, columns } = terminal;
  const mark = outcome === 'passed' ? color.green(symbols.ok) : color.red(symbols.fail);
  const time = testMs === null ? '' : `, in ${formatDuration(testMs)}`;
  return [
    `${mark} ${outcome}${time}${tests.length === 0 ? '' : `: ${countTests(tests)}`}`,
    ...[...reasons, ...hints].flatMap((each) =>
      wrapText(each, columns - 2).map((line) => `  ${line}`),
    ),
    ...tests.flatMap((each) => describeTest(each, 1, terminal)),
  ];
}

function describeTest(test: TestNode, depth: number, terminal: Terminal): string[] {
  const { color, symbols, columns } = terminal;
  const { name, outcome, message, crash, tests } = test;
  const marks: Readonly<Record<TestOutcome, string>> = {
    ...{ passed: color.green(symbols.ok), failed: color.red(symbols.fail) },
    ...{ crashed: color.red(symbols.fail), 'not-run': color.red(symbols.fail) },
    ...{ skipped: color.yellow(symbols.warn), todo: color.yellow(symbols.warn) },
  };
  const blank = '  '.repeat(Math.min(depth, 8));
  const words = outcome === 'passed' || outcome === 'failed' ? '' : ` (${outcome})`;
  const width = Math.max(10, columns - blank.length - 2);
  const [first = '', ...rest] = foldLine(`${name}${words}`, width);
  return [
    `${blank}${marks[outcome]} ${first}`,
    ...rest.map((line) => `${blank}  ${line}`),
    ...(crash === undefined || message.includes(crash) ? [] : quote(crash, blank, columns)),
    // A crash has a card of its own.
    ...quote(
      outcome === 'crashed' && crash !== undefined ? shorten(message, crash) : message,
      blank,
      columns,
    ),
    ...tests.flatMap((each) => describeTest(each, depth + 1, terminal)),
  ];
}

/** Up to where the kernel begins to tell of it. */
function shorten(message: string, crash: string): string {
  const lines = message.split('\n');
  const at = lines.findIndex((line) => line.includes(crash));
  return lines.slice(0, at < 0 ? 1 : at + 1).join('\n');
}

function quote(text: string, blank: string, columns: number): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const left = lines.length - shownLines;
  const shown = left > 0 ? [...lines.slice(0, shownLines), `and ${left} lines more`] : lines;
  return shown.flatMap((line) =>
    foldLine(line.trimStart(), Math.max(10, columns - blank.length - 4)).map(
      (part) => `${blank}  | ${part}`,
    ),
  );
}

/** `12 tests, 2 failed, 1 skipped`; single tests only. */
function countTests(tests: readonly TestNode[]): string {
  const counts = new Map<TestOutcome, number>();
  const count = (node: TestNode): void => {
    if (node.tests.length > 0) return node.tests.forEach(count);
    counts.set(node.outcome, (counts.get(node.outcome) ?? 0) + 1);
  };
  tests.forEach(count);
  const all = [...counts.values()].reduce((sum, each) => sum + each, 0);
  const others = [...counts].filter(([outcome]) => outcome !== 'passed');
  return [
    countOf(all, 'test'),
    ...others.map(([outcome, number]) => `${number} ${outcome.replace('-', ' ')}`),
  ].join(', ');
}
