import { showControls } from './harmless.ts';

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

/** JUnit's XML, as far as Jenkins, GitLab and GitHub's reporters read it. Pure. */
export function renderJUnit(suite: string, cases: readonly JUnitCase[]): string {
  const count = (kind: string): number =>
    cases.filter(({ problem }) => problem?.kind === kind).length;
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0);
  const numbers = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${numbers}>`,
    `  <testsuite name="${escapeXml(suite)}" ${numbers} skipped="${count('skipped')}">`,
    ...cases.flatMap((each) => renderCase(suite, each)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
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
