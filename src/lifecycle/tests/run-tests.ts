import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { crashHeadline } from '../../crash/headline.ts';
import type { RepeatedCrash } from '../../crash/crash-report.ts';
import { UtopiaError } from '../../errors.ts';
import { kunitScript } from '../../ktap/kunit-script.ts';
import { listSuites } from '../../ktap/test-suites.ts';
import type { ModuleVerdict } from '../../module/judge-test.ts';
import { readTrialReport } from '../../module/test-report.ts';
import { isReachable } from '../../system/look.ts';
import { readRegularText } from '../../system/regular-file.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { testModule } from '../module/test-module.ts';
import { refuseInterrupted, runInCopy, type CopyResult } from '../throwaway/in-copy.ts';
import { isFatal } from '../throwaway/run-verdict.ts';
import { askedCopy } from '../throwaway/copy-run.ts';
import { buildKselftest } from './build-kselftest.ts';
import { attachCrash, doubtOutput, judgeTests, readTests, type RunEnd } from './read-tests.ts';
import type { TestsRequest, TestsRun } from './tests-report.ts';

/** A log of a whole kernel's suites. */
const mostOutputBytes = 8 * 2 ** 20;

/**
 * Runs tests in a throwaway copy of the machine and reads their KTAP: the suites of a kernel with
 * KUnit, those of a module and of its test, kselftests, or what a command prints. Throws what building a module
 * throws, what a copy throws that does not start, and `interrupted`.
 */
export async function runTests(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  request: TestsRequest,
): Promise<TestsRun> {
  const { kunit, kselftest, folder, words, jobs } = request;
  if (kselftest.length > 0) {
    const source = { targets: kselftest, source: folder, jobs };
    const built = await buildKselftest(context, globals, source);
    const all = kselftest.flatMap((each) => ['-c', each]);
    const run = { ...request, folder: built, words: ['./run_kselftest.sh', ...all] };
    return await testByCommand(context, globals, located, run);
  }
  if (kunit) return await testKernel(context, globals, located, request);
  if (words.length === 0 || (await holdsModule(folder))) {
    return await testOfModule(context, globals, located, request);
  }
  return await testByCommand(context, globals, located, request);
}

/** A Kbuild, or a Makefile that names objects of modules. */
async function holdsModule(folder: string): Promise<boolean> {
  if (await isReachable(join(folder, 'Kbuild'))) return true;
  const text = await readRegularText(join(folder, 'Makefile')).catch(() => '');
  return /^\s*obj-(?:m|\$)/m.test(text);
}

/** Of the verdicts on a module, those that say more than a test can. */
const ends: Readonly<Record<ModuleVerdict, RunEnd['outcome']>> = {
  ...{ passed: undefined, failed: undefined, warned: 'failed', leaked: 'failed', stuck: 'failed' },
  ...{ crashed: 'crashed', 'timed-out': 'timed-out' },
  ...{ 'did-not-build': 'did-not-build', 'not-started': 'not-started' },
};

async function testOfModule(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  request: TestsRequest,
): Promise<TestsRun> {
  const { report, build, crashes, truncated } = await testModule(
    context,
    globals,
    located,
    request,
  );
  const outcome = ends[report.verdict];
  const cut = outcome === 'crashed' ? 'crashed' : outcome === 'timed-out' ? 'ended' : undefined;
  const tests = attachCrash(readTests([report.dmesg, report.output], cut), fatalOf(crashes));
  const judged = judgeTests(
    { outcome, reasons: [...report.reasons, ...doubtOutput(truncated)] },
    tests,
  );
  const [first = 'module'] = build.report.objects;
  return {
    tests,
    crashes,
    build,
    report: {
      ...{
        schema: 1,
        ...judged,
        hints: report.hints,
        suites: listSuites(first.replace(/\.ko$/, ''), tests),
      },
      ...{ build: build.report, testMs: report.testMs, crashes: report.crashes },
      ...{ coverage: report.coverage, consoleLog: report.consoleLog },
    },
  };
}

async function testByCommand(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  request: TestsRequest,
): Promise<TestsRun> {
  const { folder, words } = request;
  const run = await runWords({ ...context, cwd: folder }, globals, located, request, words);
  const { commandStatus } = run.report;
  const status =
    commandStatus === null || commandStatus === 0
      ? []
      : [`The command ended with status ${commandStatus}.`];
  return asTestsRun(words[0] ?? 'test', run, [run.report.stdout], status);
}

async function testKernel(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  request: TestsRequest,
): Promise<TestsRun> {
  const mark = `utopia${randomBytes(8).toString('hex')}`;
  const words = ['sh', '-c', kunitScript(mark)];
  const run = await runWords(context, globals, located, request, words);
  if (run.report.commandStatus === 3) {
    throw new UtopiaError('kernel-unsuitable', 'The kernel of the copy has no KUnit.', {
      hint: 'Build one: utopia kernel config --with kunit, utopia kernel build; then --kernel NAME',
    });
  }
  const { log } = readTrialReport(run.report.stderr, mark);
  return asTestsRun('kunit', run, [run.report.stdout, log], []);
}

async function runWords(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  { timeoutMs, yes, cold, fed, watchesCrashes }: TestsRequest,
  words: readonly string[],
): Promise<CopyResult> {
  const result = await runInCopy(context, globals, located, {
    ...askedCopy,
    ...{ words, timeoutMs, yes, fed, cold, watchesCrashes, maxOutputBytes: mostOutputBytes },
    startedAt: performance.now(),
  });
  refuseInterrupted(context, { watchesCrashes }, result);
  return result;
}

function asTestsRun(
  name: string,
  { report: run, crashes }: CopyResult,
  texts: readonly string[],
  reasons: readonly string[],
): TestsRun {
  const end = endOf(run.outcome, run.message ?? '');
  const cut =
    end.outcome === undefined ? undefined : end.outcome === 'crashed' ? 'crashed' : 'ended';
  const tests = attachCrash(readTests(texts, cut), fatalOf(crashes));
  const survived = crashes
    .filter((crash) => !isFatal(crash))
    .map((crash) => `The kernel complains: ${crashHeadline(crash)}.`);
  const all = {
    ...end,
    reasons: [...end.reasons, ...reasons, ...survived, ...doubtOutput(run.truncated)],
  };
  return {
    tests,
    crashes,
    build: undefined,
    report: {
      ...{
        schema: 1,
        ...judgeTests(all, tests),
        hints: tests.length === 0 ? lastWords(run.stderr) : [],
        suites: listSuites(name, tests),
        build: null,
      },
      ...{ testMs: run.commandMs, crashes: run.crashes },
      ...{ coverage: null, consoleLog: run.consoleLog },
    },
  };
}

/** What was told last where no test was, such as that there is no such program. */
function lastWords(stderr: string): string[] {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-3).map((line) => `It says: ${line.slice(0, 300)}`);
}

function fatalOf(crashes: readonly RepeatedCrash[]): string | undefined {
  const fatal = crashes.find(isFatal);
  return fatal === undefined ? undefined : crashHeadline(fatal);
}

function endOf(outcome: CopyResult['report']['outcome'], message: string): RunEnd {
  if (outcome === 'exited') return { outcome: undefined, reasons: [] };
  const known = outcome === 'crashed' || outcome === 'timed-out' ? outcome : 'failed';
  return { outcome: known, reasons: [message] };
}
