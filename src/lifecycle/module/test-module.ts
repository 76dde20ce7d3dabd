import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { crashHeadline } from '../../crash/headline.ts';
import type { CrashReport, RepeatedCrash } from '../../crash/report.ts';
import { UtopiaError } from '../../errors.ts';
import { isRunnableHere } from '../../host/find-qemu.ts';
import { judgeTrial, type ModuleVerdict, type TrialFacts } from '../../module/judge-test.ts';
import { readTrialReport, type TrialReport } from '../../module/test-report.ts';
import { trialScript } from '../../module/test-script.ts';
import { isReachable } from '../../system/look.ts';
import type { LifecycleContext, LifecycleOptions } from '../context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { runInCopy, type CopyResult } from '../throwaway/in-copy.ts';
import { isFatal } from '../throwaway/run-verdict.ts';
import { beginBuild, besideBuild } from './beside-build.ts';
import { coverageOf, type Coverage } from './read-coverage.ts';
import type { ModuleBuild, ModuleBuildReport } from './types.ts';

export interface ModuleTestRequest {
  /** Absolute folder of the module. */
  readonly folder: string;
  /** The test; empty for `test.sh` of the folder, or where there is none, for nothing. */
  readonly words: readonly string[];
  /** For insertion, test and removal together. */
  readonly timeoutMs: number;
  readonly jobs: number;
  readonly yes: boolean;
  readonly cold: boolean;
  /** The copy gets the config's sensor feed. */
  readonly fed: boolean;
  /** Absolute folder for what of the module ran, as lcov has it; undefined where nobody asks. */
  readonly coverage: string | undefined;
}

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
}

/** A module that takes longer to go does not go: stop_machine and RCU take a second emulated. */
const removeSeconds = 10;
const mostOutputBytes = 2 ** 20;

/**
 * Builds a module, and inserts, tests and removes it in a throwaway copy of the machine. What comes
 * of it is a verdict; throws what building throws where nothing can be built, and `interrupted`.
 */
export async function testModule(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  request: ModuleTestRequest,
): Promise<ModuleTest> {
  const { folder, jobs, yes } = request;
  const coverage = request.coverage !== undefined;
  const startedAt = performance.now();
  const building = beginBuild(context, globals, located, {
    ...{ folder, use: 'copy', jobs, yes, check: false },
    coverage,
  });
  const mark = `utopia${randomBytes(8).toString('hex')}`;
  let begun = false;
  let result: CopyResult;
  // Two copies at a time would be one too many.
  if ((await building.where) === 'guest') await building.ended;
  const beside = besideBuild(context, building.ended);
  try {
    result = await runInCopy({ ...beside.context, cwd: folder }, globals, located, {
      words: [],
      laterWords: async () => {
        const { failure, report } = await building.ended;
        if (failure !== undefined) throw failure;
        const words = request.words.length > 0 ? request.words : await ownTest(folder);
        return [
          'sh',
          '-c',
          trialScript({ mark, objects: report.objects, words, removeSeconds, coverage }),
        ];
      },
      ...{ timeoutMs: request.timeoutMs, use: 'private', copyOut: [], yes, startedAt },
      ...{ maxCopyOutBytes: 0, keep: undefined, sees: undefined, network: false },
      ...{ from: undefined, cold: request.cold, capture: true, maxOutputBytes: mostOutputBytes },
      ...{ fed: request.fed, noInput: true, begins: () => (begun = true) },
    });
  } catch (error) {
    // What it throws comes before what the copy says, which may be a consequence.
    const build = await building.ended;
    if (build.failure !== undefined) {
      return { report: withoutTest('did-not-build', build, []), build, crashes: [] };
    }
    if (!(error instanceof UtopiaError) || error.code === 'interrupted') throw error;
    context.signal.throwIfAborted();
    if (begun) throw error;
    const why = [error.message, ...(error.hint === undefined ? [] : [error.hint])];
    return { report: withoutTest('not-started', build, why), build, crashes: [] };
  } finally {
    beside.stop();
  }
  if (context.signal.aborted) throw new UtopiaError('interrupted', 'Interrupted.');
  const build = await building.ended;
  const told = readTrialReport(result.report.stderr, mark);
  const covered = await coverageOf(context, request, build, told);
  const report = reportTrial(result, build, told, request);
  return {
    report: { ...report, coverage: covered.coverage, hints: [...report.hints, ...covered.hints] },
    build,
    crashes: result.crashes,
  };
}

/** `test.sh` of the folder, by its own first line where it may be run. */
async function ownTest(folder: string): Promise<readonly string[]> {
  const script = join(folder, 'test.sh');
  if (!(await isReachable(script))) return [];
  return (await isRunnableHere(script)) ? ['./test.sh'] : ['sh', './test.sh'];
}

function reportTrial(
  { report: run, crashes }: CopyResult,
  build: ModuleBuild,
  report: TrialReport,
  { timeoutMs }: ModuleTestRequest,
): ModuleTestReport {
  const fatal = crashes.find(isFatal);
  const end: TrialFacts['end'] =
    run.outcome === 'timed-out' ? 'timed-out' : run.outcome === 'exited' ? 'exited' : 'ended';
  const judged = judgeTrial({
    report,
    fatal:
      fatal !== undefined
        ? crashHeadline(fatal)
        : run.outcome === 'crashed'
          ? 'it panicked'
          : undefined,
    // kmemleak says what it found by itself, and once more when it is asked.
    complaints: crashes
      .filter((crash) => !isFatal(crash) && crash.kind !== 'memory-leak')
      .map(crashHeadline),
    ...{ end, message: run.message, timeoutMs },
  });
  return {
    schema: 1,
    ...judged,
    build: build.report,
    testMs: run.commandMs,
    status: report.status ?? null,
    output: run.stdout,
    dmesg: report.log,
    ...{ crashes: run.crashes, coverage: null, consoleLog: run.consoleLog },
  };
}

function withoutTest(
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
