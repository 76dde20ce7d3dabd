import { showControls } from '../text/harmless.ts';

/** One run, as a test case. */
export interface JUnitCase {
  readonly name: string;
  readonly seconds: number;
  /** Undefined for one that passed. An error is trouble of the machine, a failure one of what was tested; a skipped one has no verdict. */
  readonly problem:
    | {
        readonly kind: 'failure' | 'error' | 'skipped';
        readonly message: string;
        readonly text: string;
      }
    | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the head of a suite says of its cases. */
export interface JUnitTally {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
  seconds: number;
}

/** What these cases come to. Pure. */
export function tallyCases(cases: readonly JUnitCase[]): JUnitTally {
  const tally = { tests: 0, failures: 0, errors: 0, skipped: 0, seconds: 0 };
  for (const each of cases) addCase(tally, each);
  return tally;
}

/** Counts one more. */
export function addCase(tally: JUnitTally, { problem, seconds }: JUnitCase): void {
  tally.tests += 1;
  tally.seconds += seconds;
  if (problem !== undefined) tally[tallied[problem.kind]] += 1;
}

const tallied = { failure: 'failures', error: 'errors', skipped: 'skipped' } as const;

/** JUnit's XML, as far as Jenkins, GitLab and GitHub's reporters read it. Pure. */
export function renderJUnit(suite: string, cases: readonly JUnitCase[]): string {
  return [
    junitHead(suite, tallyCases(cases)),
    ...cases.map((each) => junitCaseText(suite, each)),
    junitFoot,
  ].join('');
}

/** What stands before the cases. Pure. */
export function junitHead(suite: string, tally: JUnitTally): string {
  return `${reportStart(tally)}${suiteStart(suite, tally)}`;
}

function reportStart(tally: JUnitTally): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${numbersOf(tally)}>\n`;
}

function suiteStart(suite: string, tally: JUnitTally): string {
  return `  <testsuite name="${escapeXml(suite)}" ${numbersOf(tally)} skipped="${tally.skipped}">\n`;
}

function numbersOf({ tests, failures, errors, seconds }: JUnitTally): string {
  return `tests="${tests}" failures="${failures}" errors="${errors}" time="${seconds.toFixed(3)}"`;
}

const suiteEnd = '  </testsuite>\n';
const reportEnd = '</testsuites>\n';

/** What stands behind them. */
export const junitFoot = `${suiteEnd}${reportEnd}`;

/** Test cases by their suite. */
export interface JUnitSuite {
  readonly name: string;
  readonly cases: readonly JUnitCase[];
}

/** The same for several suites, in pieces. Pure. */
export function* renderSuites(suites: readonly JUnitSuite[]): Generator<string> {
  yield reportStart(tallyCases(suites.flatMap(({ cases }) => cases)));
  for (const { name, cases } of suites) {
    yield suiteStart(name, tallyCases(cases));
    for (const each of cases) yield junitCaseText(name, each);
    yield suiteEnd;
  }
  yield reportEnd;
}

/** One case, by itself: a report of many is written one after the other. Pure. */
export function junitCaseText(suite: string, each: JUnitCase): string {
  return `${renderCase(suite, each).join('\n')}\n`;
}

function renderCase(
  suite: string,
  { name, seconds, problem, stdout, stderr }: JUnitCase,
): string[] {
  const output = (tag: string, text: string): string[] =>
    text === '' ? [] : [`      <${tag}>${escapeXml(text)}</${tag}>`];
  return [
    `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}">`,
    ...(problem === undefined
      ? []
      : [
          `      <${problem.kind} message="${escapeXml(problem.message)}">${escapeXml(problem.text)}</${problem.kind}>`,
        ]),
    ...output('system-out', stdout),
    ...output('system-err', stderr),
    '    </testcase>',
  ];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

// Characters that XML 1.0 cannot hold in any form (its section 2.2).
const unspeakable = new RegExp(
  String.raw`[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]`,
  'gu',
);

/** Text for XML: what it cannot hold, and what a terminal would act on, is shown as an escape. */
function escapeXml(text: string): string {
  return showControls(text)
    .replaceAll(unspeakable, '?')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
