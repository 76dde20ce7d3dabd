import { crashStarts } from '../../crash/report-starts.ts';
import { parseKtap, type KtapReading } from '../../ktap/parse-ktap.ts';
import { isBad } from '../../ktap/test-suites.ts';
import type { TestNode } from '../../ktap/test-node.ts';
import type { TestsOutcome } from './tests-report.ts';

/** The tests that were reported in these texts: a kernel's log, what a command printed. Pure. */
export function readTests(texts: readonly string[], cut: KtapReading['cut']): readonly TestNode[] {
  return texts.flatMap((text) => [...parseKtap(text, { cut, complaint })]);
}

/** The words with which the kernel begins to complain in a line of its log, if it does. */
function complaint(line: string): string | undefined {
  const words = line.trimStart();
  const rule = crashStarts.find(({ pattern, kind }) => kind !== undefined && pattern.test(words));
  return rule === undefined ? undefined : words;
}

/** The tests, with what the kernel died of at the one in which it did where its log says it elsewhere. Pure. */
export function attachCrash(
  tests: readonly TestNode[],
  headline: string | undefined,
): readonly TestNode[] {
  return tests.map((test) => ({
    ...test,
    crash: test.crash ?? (isCrashed(test) ? headline : undefined),
    tests: attachCrash(test.tests, headline),
  }));
}

/** A single one, not the suite that it belongs to. */
function isCrashed({ outcome, tests }: TestNode): boolean {
  return outcome === 'crashed' && tests.length === 0;
}

/** Why what was reported may not be all; none where it is. Pure. */
export function doubtOutput(truncated: boolean): readonly string[] {
  return truncated
    ? ['The output is too long: its middle is left out, and so is what it may report.']
    : [];
}

/** How a run of tests ended, apart from what the tests said. */
export interface RunEnd {
  readonly outcome: Exclude<TestsOutcome, 'passed'> | undefined;
  readonly reasons: readonly string[];
}

/** The outcome of all, and why where no test says it. A run without a test is no success. Pure. */
export function judgeTests(
  { outcome, reasons }: RunEnd,
  tests: readonly TestNode[],
): { readonly outcome: TestsOutcome; readonly reasons: readonly string[] } {
  if (outcome !== undefined) return { outcome, reasons };
  if (tests.length === 0) {
    return { outcome: 'failed', reasons: [...reasons, 'No test was reported: no line is KTAP.'] };
  }
  return { outcome: tests.some(isBad) || reasons.length > 0 ? 'failed' : 'passed', reasons };
}
