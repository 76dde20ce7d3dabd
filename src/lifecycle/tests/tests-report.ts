import type { CrashReport, RepeatedCrash } from '../../crash/crash-report.ts';
import type { TestSuite } from '../../ktap/test-suites.ts';
import type { TestNode } from '../../ktap/test-node.ts';
import type { Coverage } from '../module/read-coverage.ts';
import type { ModuleBuild, ModuleBuildReport } from '../module/module-build.ts';

/** What is to be run. */
export interface TestsRequest {
  /** Absolute. A folder with a module is built, and its module inserted. */
  readonly folder: string;
  /** Instead of a module's test.sh, or of a module: prints KTAP. */
  readonly words: readonly string[];
  /** The kernel's own suites instead. */
  readonly kunit: boolean;
  /** Tests of the kernel's source in `folder`, or of one with its objects; empty for none. */
  readonly kselftest: readonly string[];
  /** For all tests together. */
  readonly timeoutMs: number;
  readonly jobs: number;
  readonly yes: boolean;
  readonly cold: boolean;
  /** The copy gets the config's sensor feed. */
  readonly fed: boolean;
  /** The config's UTOPIA_ON_CRASH counts. */
  readonly watchesCrashes: boolean;
  /** Absolute folder for what of a module ran; undefined where nobody asks. */
  readonly coverage: string | undefined;
}

/** What all of it came to. */
export type TestsOutcome =
  'passed' | 'failed' | 'crashed' | 'timed-out' | 'did-not-build' | 'not-started';

/** `utopia test --json`. */
export interface TestsReport {
  readonly schema: 1;
  readonly outcome: TestsOutcome;
  /** What was wrong beside tests that failed, as sentences. */
  readonly reasons: readonly string[];
  /** What is worth to know and decides nothing. */
  readonly hints: readonly string[];
  readonly suites: readonly TestSuite[];
  /** Null where no module was built. */
  readonly build: ModuleBuildReport | null;
  /** Null where it did not come to it. */
  readonly testMs: number | null;
  readonly crashes: readonly CrashReport[];
  /** Which lines of a module ran; null where that was not asked for, or cannot be told. */
  readonly coverage: Coverage | null;
  /** The console of a copy that crashed, which is kept. */
  readonly consoleLog: string | null;
}

/** What became of tests. */
export interface TestsRun {
  readonly report: TestsReport;
  readonly tests: readonly TestNode[];
  readonly crashes: readonly RepeatedCrash[];
  readonly build: ModuleBuild | undefined;
}
