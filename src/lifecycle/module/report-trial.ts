import { crashHeadline } from '../../crash/headline.ts';
import { reportCrash, type CrashReport, type RepeatedCrash } from '../../crash/crash-report.ts';
import { judgeTrial, type ModuleVerdict, type TrialFacts } from '../../module/judge-test.ts';
import type { TrialReport } from '../../module/test-report.ts';
import { isFatal } from '../throwaway/run-verdict.ts';
import type { Coverage } from './read-coverage.ts';
import type { ModuleBuild, ModuleBuildReport } from './module-build.ts';

/** `utopia module test --json`. */
export interface ModuleTestReport {
  readonly schema: 1;
  readonly verdict: ModuleVerdict;
  /** Why, as sentences, the one that decided first; none of one that passed. */
  readonly reasons: readonly string[];
  /** What is worth to know and decides nothing. */
  readonly hints: readonly string[];
  readonly build: ModuleBuildReport;
  /** From the insertion to the removal; null where it did not come to it. */
  readonly testMs: number | null;
  /** The test's own status; null where it has none. */
  readonly status: number | null;
  /** What the test printed, the first and the last of it. */
  readonly output: string;
  /** The kernel's log from the insertion to the removal, as far as it came. */
  readonly dmesg: string;
  readonly crashes: readonly CrashReport[];
  /** Which lines of the module ran; null where that was not asked for, or cannot be told. */
  readonly coverage: Coverage | null;
  /** The console of a copy that crashed, which is kept; `utopia oops --log` reads it. */
  readonly consoleLog: string | null;
}

/** What became of a test. */
export interface ModuleTest {
  readonly report: ModuleTestReport;
  readonly build: ModuleBuild;
  readonly crashes: readonly RepeatedCrash[];
  /** The middle of what was printed, or logged, is left out. */
  readonly truncated: boolean;
}

/** A trial's script, run in a guest. */
export interface TrialRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: TrialFacts['end'];
  /** The panic device, or the guest's loss, says that its kernel died. */
  readonly panicked: boolean;
  /** Why it did not end by itself, as a sentence. */
  readonly message: string | null;
  readonly testMs: number | null;
  readonly crashes: readonly RepeatedCrash[];
  /** The middle of what was printed, or logged, is left out. */
  readonly truncated: boolean;
  /** The console of a copy that crashed. */
  readonly consoleLog: string | null;
}

/** The verdict on a trial, and all that is told of it. Pure. */
export function reportTrial(
  run: TrialRun,
  build: ModuleBuild,
  report: TrialReport,
  timeoutMs: number,
): ModuleTestReport {
  const { crashes, end, message, testMs, consoleLog } = run;
  const fatal = crashes.find(isFatal);
  const judged = judgeTrial({
    report,
    fatal: fatal !== undefined ? crashHeadline(fatal) : run.panicked ? 'it panicked' : undefined,
    // kmemleak says what it found by itself, and once more when it is asked.
    complaints: [
      ...crashes
        .filter((crash) => !isFatal(crash) && crash.kind !== 'memory-leak')
        .map(crashHeadline),
      ...oddReturns(report.log),
    ],
    ...{ end, message, timeoutMs },
  });
  return {
    schema: 1,
    ...judged,
    build: build.report,
    testMs,
    status: report.status ?? null,
    output: run.stdout,
    dmesg: report.log,
    crashes: crashes.map(reportCrash),
    coverage: null,
    consoleLog,
  };
}

/** What the kernel says of an init function that returns neither 0 nor an error (kernel/module/main.c). */
function oddReturns(log: string): string[] {
  const found = log.matchAll(/'(\w{1,55})'->init suspiciously returned (-?\d{1,10})/g);
  return [...found].map(
    ([, module, value]) =>
      `the init function of ${module} returned ${value}; success is 0, an error is negative, as -ENODEV is`,
  );
}

/** What is told of a module that was not tried. Pure. */
export function withoutTest(
  verdict: ModuleVerdict,
  build: ModuleBuild,
  reasons: readonly string[],
): ModuleTestReport {
  return {
    ...{ schema: 1, verdict, reasons, hints: [], build: build.report },
    ...{ testMs: null, status: null, output: '', dmesg: '', crashes: [] },
    ...{ coverage: null, consoleLog: null },
  };
}
