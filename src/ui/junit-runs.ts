import { quoteForShell } from '../text/shell-words.ts';
import {
  addCase,
  junitCaseText,
  junitFoot,
  junitHead,
  renderJUnit,
  tallyCases,
  type JUnitCase,
} from './junit.ts';

/** Name of the suite, and of each case's class. */
const junitSuite = 'utopia run';

/** What a test case has of a run. */
export interface JUnitRun {
  readonly command: readonly string[];
  readonly commandMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Who is the reason that it did not pass; null for one that passed, or was interrupted. */
  readonly fault: 'command' | 'host' | null;
  readonly status: number;
  readonly message: string | null;
  readonly crashes: readonly { readonly text: string }[];
}

/** A run as a test case: what was run, or befell its guest, is a failure; trouble of this host an error; one that was interrupted is skipped. Pure. */
export function junitCase(report: JUnitRun): JUnitCase {
  const { command, commandMs, stdout, stderr } = report;
  return {
    name: command.map(quoteForShell).join(' '),
    seconds: commandMs / 1000,
    problem: problemOf(report),
    stdout,
    stderr,
  };
}

function problemOf({ fault, status, message, crashes }: JUnitRun): JUnitCase['problem'] {
  if (fault === null && status === 0) return undefined;
  return {
    kind: fault === null ? 'skipped' : fault === 'command' ? 'failure' : 'error',
    message: message ?? `The command ended with status ${status}.`,
    text: crashes.map(({ text }) => text).join('\n'),
  };
}

/** A single run as JUnit. Pure. */
export function junitOfRun(report: JUnitRun): string {
  return renderJUnit(junitSuite, [junitCase(report)]);
}

/**
 * Several runs as JUnit, one case after the other: `read` gives their reports, and is called twice,
 * since the head counts them. `notRun` names those that were not begun.
 */
export async function* junitOfRuns(
  read: () => AsyncIterable<JUnitRun & { readonly item: string }>,
  notRun: readonly string[],
): AsyncGenerator<string> {
  const rest = notRun.map(skippedCase);
  const tally = tallyCases(rest);
  for await (const report of read()) addCase(tally, junitCase(report));
  yield junitHead(junitSuite, tally);
  for await (const report of read()) {
    yield junitCaseText(junitSuite, { ...junitCase(report), name: report.item });
  }
  for (const each of rest) yield junitCaseText(junitSuite, each);
  yield junitFoot;
}

function skippedCase(item: string): JUnitCase {
  const problem = { kind: 'skipped', message: 'Not begun: interrupted.', text: '' } as const;
  return { name: item, seconds: 0, problem, stdout: '', stderr: '' };
}
