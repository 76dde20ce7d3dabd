import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { isRunnableHere } from '../../host/find-qemu.ts';
import { readTrialReport } from '../../module/test-report.ts';
import { trialScript } from '../../module/test-script.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { explainScriptFailure } from '../../guest/script-start.ts';
import { refuseInterrupted, runInCopy, type CopyResult } from '../throwaway/in-copy.ts';
import { askedCopy } from '../throwaway/copy-run.ts';
import { beginBuild, besideBuild } from './beside-build.ts';
import { coverageOf } from './read-coverage.ts';
import {
  reportTrial,
  withoutTest,
  type ModuleTest,
  type ModuleTestReport,
  type TrialRun,
} from './report-trial.ts';

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
  /** The config's UTOPIA_ON_CRASH counts. */
  readonly watchesCrashes: boolean;
  /** Absolute folder for what of the module ran, as lcov has it; undefined where nobody asks. */
  readonly coverage: string | undefined;
}

/** A module that takes longer to go does not go: stop_machine and RCU take a second emulated. */
export const removeSeconds = 10;
/** When a trial looks where it waits, in seconds: shortly before its time is over. Pure. */
export function lookAfter(timeoutMs: number): number {
  return Math.max(timeoutMs - 5_000, Math.floor(timeoutMs * 0.8)) / 1000;
}

/** Of each output of a trial. */
export const mostOutputBytes = 2 ** 20;

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
  let words: readonly string[] = [];
  let display: Promise<ProgressDisplay> | undefined;
  let result: CopyResult;
  // Two copies at a time would be one too many.
  if ((await building.where) === 'guest') await building.ended;
  const begins = (): void => {
    begun = true;
    display = context.reporter.openProgress(globals.quiet || globals.json);
    void display.then(({ report }) => report({ kind: 'started', title: 'test' }));
  };
  const beside = besideBuild(context, building.ended);
  try {
    result = await runInCopy({ ...beside.context, cwd: folder }, globals, located, {
      ...askedCopy,
      words: [],
      laterWords: async () => {
        const { failure, report } = await building.ended;
        if (failure !== undefined) throw failure;
        words = request.words.length > 0 ? request.words : await ownTest(folder);
        const lookSeconds = lookAfter(request.timeoutMs);
        const { objects } = report;
        const trial = { mark, objects, words, removeSeconds, lookSeconds, coverage };
        const script = trialScript({ ...trial, work: '/run/utopia-module' });
        return ['sh', '-c', script];
      },
      ...{ timeoutMs: request.timeoutMs, cold: request.cold, maxOutputBytes: mostOutputBytes },
      ...{ fed: request.fed, watchesCrashes: request.watchesCrashes, yes, startedAt, begins },
    });
  } catch (error) {
    // What it throws comes before what the copy says, which may be a consequence.
    const build = await building.ended;
    if (build.failure !== undefined) {
      return { report: withoutTest('did-not-build', build, []), build, ...nothingRan };
    }
    if (!(error instanceof UtopiaError) || error.code === 'interrupted') throw error;
    context.signal.throwIfAborted();
    if (begun) throw error;
    const why = [error.message, ...(error.hint === undefined ? [] : [error.hint])];
    return { report: withoutTest('not-started', build, why), build, ...nothingRan };
  } finally {
    beside.stop();
    (await display)?.close();
  }
  refuseInterrupted(context, request, result);
  const build = await building.ended;
  const run = runOf(result);
  const told = readTrialReport(run.stderr, mark);
  const covered = await coverageOf(context, request, build, told);
  const report = reportTrial(run, build, told, request.timeoutMs);
  const hints = [
    ...report.hints,
    ...covered.hints,
    ...(await scriptHints(context, words, report, folder)),
  ];
  return {
    report: { ...report, coverage: covered.coverage, hints },
    build,
    crashes: run.crashes,
    truncated: run.truncated,
  };
}

/** Why the test's script could not be run as it is. */
export async function scriptHints(
  { cwd: from }: Pick<LifecycleContext, 'cwd'>,
  words: readonly string[],
  { status, output: said }: Pick<ModuleTestReport, 'status' | 'output'>,
  folder: string,
): Promise<readonly string[]> {
  const why = await explainScriptFailure({ words, status, folder, from, said });
  return why === undefined ? [] : [why];
}

function runOf({ report, crashes }: CopyResult): TrialRun {
  const { outcome, stdout, stderr, message, commandMs, consoleLog, truncated } = report;
  return {
    ...{ stdout, stderr, message, crashes, consoleLog, truncated },
    end: outcome === 'timed-out' ? 'timed-out' : outcome === 'exited' ? 'exited' : 'ended',
    panicked: outcome === 'crashed',
    testMs: commandMs,
  };
}

/** Of a module that was not tried. */
export const nothingRan = { crashes: [], truncated: false } as const;

/** `test.sh` of the folder, by its own first line where it may be run. */
export async function ownTest(folder: string): Promise<readonly string[]> {
  const script = join(folder, 'test.sh');
  const facts = await stat(script).catch(() => undefined);
  if (facts === undefined) return [];
  if (!facts.isFile()) {
    throw new UtopiaError('kernel-unsuitable', `${script} is no file, and cannot be the test.`, {
      hint: 'Name the test behind --, or rename it.',
    });
  }
  return (await isRunnableHere(script)) ? ['./test.sh'] : ['sh', './test.sh'];
}
