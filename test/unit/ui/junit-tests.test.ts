import { expect, test } from 'vitest';
import { junitSuites, type JUnitTests } from '../../../src/ui/junit-tests.ts';

const passed = { name: 'one', outcome: 'passed', message: '', crash: null } as const;
const run: JUnitTests = {
  ...{ suites: [{ name: 'suite', tests: [passed] }], outcome: 'passed' },
  ...{ reasons: [], testMs: 1500 },
};

test('a suite has its tests as cases', () => {
  const tests = [
    passed,
    { ...passed, outcome: 'failed', message: 'line 1\nline 2' },
    { ...passed, outcome: 'skipped' },
    { ...passed, crash: 'BUG: at once' },
  ] as const;
  const [suite, ...others] = junitSuites({ ...run, suites: [{ name: 'suite', tests }] });
  expect(others).toEqual([]);
  expect(suite?.cases.map(({ problem }) => problem && [problem.kind, problem.message])).toEqual([
    undefined,
    ['failure', 'line 1'],
    ['skipped', 'skipped'],
    ['failure', 'BUG: at once'],
  ]);
});

test('what no test says is a case of its own: the host’s trouble is an error', () => {
  const whole = (outcome: string): unknown =>
    junitSuites({ ...run, outcome, reasons: ['no SSH', 'no room'] }).at(-1)?.cases;
  expect(whole('timed-out')).toMatchObject([
    { name: 'all', seconds: 1.5, problem: { kind: 'failure', message: 'timed-out: no SSH' } },
  ]);
  expect(whole('not-started')).toMatchObject([{ problem: { kind: 'error' } }]);
  expect(junitSuites({ ...run, outcome: 'failed' })).toHaveLength(1);
});
