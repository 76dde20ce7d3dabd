/** What became of a test; `not-run` was planned and has no result. */
export type TestOutcome = 'passed' | 'failed' | 'skipped' | 'todo' | 'crashed' | 'not-run';

/** A test, or a suite of tests. */
export interface TestNode {
  readonly name: string;
  readonly outcome: TestOutcome;
  /** Its own reason, and, where it did not pass, what was said while it ran; else empty. */
  readonly message: string;
  /** The kernel's first complaint while it ran. */
  readonly crash: string | undefined;
  /** Empty for a single test. */
  readonly tests: readonly TestNode[];
}
