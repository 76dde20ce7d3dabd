import type { TestNode, TestOutcome } from './test-node.ts';

/** Tests by their suite, as JUnit and `utopia test --json` have them. */
export interface TestSuite {
  /** With the suites that it stands in: `timers / posix_timers`. */
  readonly name: string;
  readonly tests: readonly SuiteTest[];
}

export interface SuiteTest {
  readonly name: string;
  readonly outcome: TestOutcome;
  readonly message: string;
  /** The kernel's first complaint while it ran. */
  readonly crash: string | null;
}

/** A tree of tests as a list of suites; tests that stand in none are those of `name`. Pure. */
export function listSuites(name: string, nodes: readonly TestNode[]): TestSuite[] {
  const own = nodes.filter(({ tests }) => tests.length === 0).map(asTest);
  return [
    ...(own.length === 0 ? [] : [{ name, tests: own }]),
    ...nodes.filter(({ tests }) => tests.length > 0).flatMap((node) => listBelow([], node)),
  ];
}

function listBelow(above: readonly string[], node: TestNode): TestSuite[] {
  const path = [...above, node.name];
  const own = node.tests.filter(({ tests }) => tests.length === 0).map(asTest);
  const below = node.tests.filter(({ tests }) => tests.length > 0);
  // What failed in the suite itself, such as its set-up, is in no test of it.
  const itself = isBad(node) && !node.tests.some(isBad) ? [asTest(node)] : [];
  const tests = [...own, ...itself];
  return [
    ...(tests.length === 0 ? [] : [{ name: path.join(' / '), tests }]),
    ...below.flatMap((each) => listBelow(path, each)),
  ];
}

function asTest({ name, outcome, message, crash }: TestNode): SuiteTest {
  return { name, outcome, message, crash: crash ?? null };
}

/** Whether a test, or one below it, is no success. Pure. */
export function isBad({ outcome, tests }: TestNode): boolean {
  return (
    outcome === 'failed' || outcome === 'crashed' || outcome === 'not-run' || tests.some(isBad)
  );
}
