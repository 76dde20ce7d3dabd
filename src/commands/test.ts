import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus } from '../errors.ts';
import { locateMachine, type ConfigFlags } from '../lifecycle/launch/locate.ts';
import { runTests } from '../lifecycle/tests/run-tests.ts';
import type { TestsOutcome } from '../lifecycle/tests/tests-report.ts';
import { openNamedPlace } from '../system/named-place.ts';
import { describeCoverage } from '../ui/coverage.ts';
import { junitSuites } from '../ui/junit-tests.ts';
import { renderSuites } from '../ui/junit.ts';
import { describeTests } from '../ui/tests.ts';
import { sayDiagnostics } from './report/diagnostics.ts';
import { junitHint, writeJUnit } from './report/junit-file.ts';
import { reportLocated } from '../lifecycle/watch/locate-crashes.ts';
import { sayCrashes } from './report/say-crashes.ts';
import { reportBuildTrouble } from './report/watch-build.ts';

export interface TestOptions {
  /** As typed; relative to the current folder, which it is by default. */
  readonly folder: string | undefined;
  readonly words: readonly string[];
  /** The suites of the kernel itself. */
  readonly kunit: boolean;
  /** Tests of the kernel's source in the folder; empty for none. */
  readonly kselftest: readonly string[];
  readonly timeoutMs: number;
  /** File for the result as JUnit XML, relative to the current folder. */
  readonly junit: string | undefined;
  readonly jobs: number | undefined;
  readonly cold: boolean;
  readonly yes: boolean;
  /** The copy gets the sensor feed of the flags. */
  readonly fed: boolean;
  /** UTOPIA_ON_CRASH of the flags counts in the copy. */
  readonly watchesCrashes: boolean;
  /** Folder for what of the module ran, as typed; undefined where nobody asks. */
  readonly coverage: string | undefined;
  readonly flags: ConfigFlags;
}

/** The status that each outcome ends with: those of `utopia module test`. */
const statuses: Readonly<Record<TestsOutcome, number>> = {
  passed: exitStatus.ok,
  failed: 1,
  crashed: exitStatus.kernelCrashed,
  'timed-out': exitStatus.timedOut,
  'did-not-build': exitStatus.sourceFaulty,
  'not-started': exitStatus.unavailable,
};

/** `utopia test`: KUnit's, a module's or a command's tests in a throwaway copy. Gives the exit status. */
export async function runTest(
  context: Context,
  globals: GlobalOptions,
  options: TestOptions,
): Promise<number> {
  const { terminal, cwd } = context;
  const { junit, folder, jobs, coverage, ...rest } = options;
  await using marks = junit === undefined ? undefined : await openNamedPlace(cwd, junit, junitHint);
  const located = await locateMachine(context, globals, options.flags);
  const place = resolve(cwd, folder ?? '.');
  const run = await runTests(context, globals, located, {
    ...rest,
    folder: place,
    jobs: jobs ?? availableParallelism(),
    coverage: coverage === undefined ? undefined : resolve(cwd, coverage),
  });
  const { report, tests, crashes, build } = run;
  await writeJUnit(marks, renderSuites(junitSuites(report)));
  if (globals.json) {
    terminal.json({ ...report, crashes: await reportLocated(context, located, place, crashes) });
  } else {
    for (const line of describeTests({ ...report, tests }, terminal)) terminal.out(line);
    const covered = report.coverage;
    const lines = covered === null ? [] : describeCoverage(covered, terminal.columns);
    for (const line of lines) terminal.out(line);
    if (build !== undefined) sayDiagnostics(context, place, build.report.diagnostics);
    if (build?.trouble !== undefined) reportBuildTrouble(terminal, build.trouble);
    await sayCrashes(context, globals, located, place, crashes, report.consoleLog ?? undefined);
  }
  if (build?.failure !== undefined) throw build.failure;
  return statuses[report.outcome];
}
