import type { SuiteTest } from '../ktap/test-suites.ts';
import type { JUnitCase, JUnitSuite } from './junit.ts';

/** A run of tests, as far as JUnit has it. */
export interface JUnitTests {
  readonly suites: readonly { readonly name: string; readonly tests: readonly SuiteTest[] }[];
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly testMs: number | null;
}

/** Tests as JUnit's suites; what no test says is a case of its own. Pure. */
export function junitSuites({
  suites,
  outcome,
  reasons,
  testMs,
}: JUnitTests): readonly JUnitSuite[] {
  const told = suites.map(({ name, tests }) => ({ name, cases: tests.map(junitCase) }));
  if (outcome === 'passed' || reasons.length === 0) return told;
  const isHosts = outcome === 'not-started';
  const problem = {
    kind: isHosts ? ('error' as const) : ('failure' as const),
    message: `${outcome}: ${reasons[0] ?? ''}`,
    text: reasons.join('\n'),
  };
  const whole = { name: 'all', seconds: (testMs ?? 0) / 1000, problem, stdout: '', stderr: '' };
  return [...told, { name: 'utopia test', cases: [whole] }];
}

function junitCase({ name, outcome, message, crash }: SuiteTest): JUnitCase {
  const passed = outcome === 'passed' && crash === null;
  const skipped = outcome === 'skipped' || outcome === 'todo';
  const [first = outcome] = [crash, message.split('\n')[0]].filter((each) => each);
  return {
    ...{ name, seconds: 0, stdout: '', stderr: '' },
    problem: passed
      ? undefined
      : { kind: skipped ? 'skipped' : 'failure', message: first ?? outcome, text: message },
  };
}
