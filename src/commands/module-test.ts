import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, UtopiaError } from '../errors.ts';
import {
  locateMachine,
  type ConfigFlags,
  type LocatedMachine,
} from '../lifecycle/launch/locate.ts';
import type { ModuleTest } from '../lifecycle/module/report-trial.ts';
import { testInMachine } from '../lifecycle/module/test-in-machine.ts';
import { findGuest } from '../lifecycle/watch/find-guest.ts';
import { testModule } from '../lifecycle/module/test-module.ts';
import { watchSources } from '../lifecycle/module/watch-sources.ts';
import type { ModuleVerdict } from '../module/judge-test.ts';
import { printError } from '../ui/error.ts';
import { describeCoverage } from '../ui/coverage.ts';
import { describeTest } from '../ui/module-test.ts';
import { sayDiagnostics } from './report/diagnostics.ts';
import { reportLocated } from '../lifecycle/watch/locate-crashes.ts';
import { sayCrashes } from './report/say-crashes.ts';
import { reportBuildTrouble } from './report/watch-build.ts';

export interface ModuleTestOptions {
  /** As typed; relative to the current folder, which it is by default. */
  readonly folder: string | undefined;
  readonly words: readonly string[];
  readonly timeoutMs: number;
  readonly jobs: number | undefined;
  readonly cold: boolean;
  /** In the running machine, and not in a copy. */
  readonly inMachine: boolean;
  /** Again at each save, until Ctrl-C. */
  readonly watch: boolean;
  readonly yes: boolean;
  /** The copy gets the sensor feed of the flags. */
  readonly fed: boolean;
  /** UTOPIA_ON_CRASH of the flags counts in the copy. */
  readonly watchesCrashes: boolean;
  /** Folder for what of the module ran, as typed; undefined where nobody asks. */
  readonly coverage: string | undefined;
  readonly flags: ConfigFlags;
}

/** The status that each verdict ends with; docs/modules.md has them. */
const statuses: Readonly<Record<ModuleVerdict, number>> = {
  passed: exitStatus.ok,
  failed: 1,
  warned: 1,
  leaked: 1,
  stuck: 1,
  crashed: exitStatus.kernelCrashed,
  'timed-out': exitStatus.timedOut,
  'did-not-build': exitStatus.sourceFaulty,
  'not-started': exitStatus.unavailable,
};

/** `utopia module test`: builds a module, tries it in a throwaway copy, and judges it. */
export async function runModuleTest(
  context: Context,
  globals: GlobalOptions,
  options: ModuleTestOptions,
): Promise<number> {
  const { signal, terminal, cwd } = context;
  const folder = resolve(cwd, options.folder ?? '.');
  const located = await locateMachine(context, globals, options.flags);
  if (!options.watch) {
    const { status, failure } = await testOnce(context, globals, located, folder, options);
    if (failure !== undefined) throw failure;
    return status;
  }
  if (globals.json) {
    throw new UtopiaError('usage', '--watch is for a person, and --json for a program.', {
      hint: 'Leave one of them out.',
    });
  }
  using saves = watchSources(folder);
  for (;;) {
    const { failure } = await testOnce(context, globals, located, folder, options);
    if (failure !== undefined) printError(terminal, failure, globals.verbose);
    terminal.err('');
    terminal.err('Waits for the next save; Ctrl-C ends it.');
    await saves.next(signal).catch((error: unknown) => {
      throw signal.aborted ? new UtopiaError('interrupted', 'Interrupted.') : error;
    });
  }
}

/** The cursor to the corner, the screen and what was scrolled off it cleared. */
const clearScreen = '\u001B[H\u001B[2J\u001B[3J';

async function testOnce(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  folder: string,
  options: ModuleTestOptions,
): Promise<{ readonly status: number; readonly failure: UtopiaError | undefined }> {
  const { terminal } = context;
  const { words, timeoutMs, yes, cold, fed, watchesCrashes } = options;
  const { jobs = availableParallelism() } = options;
  const trial = { folder, words, timeoutMs, jobs, yes };
  const coverage =
    options.coverage === undefined ? undefined : resolve(context.cwd, options.coverage);
  const test = options.inMachine
    ? await testInMachine(context, globals, await findGuest(context, globals, 'root'), trial)
    : await testModule(context, globals, located, {
        ...trial,
        cold,
        fed,
        watchesCrashes,
        coverage,
      });
  const { report, build, crashes } = test;
  // The verdict stands first, and not below how it was come to.
  if (options.watch && terminal.stdout.isTTY) terminal.stdout.write(clearScreen);
  if (globals.json) {
    terminal.json({ ...report, crashes: await reportLocated(context, located, folder, crashes) });
  } else {
    sayTest(context, test);
    sayDiagnostics(context, folder, build.report.diagnostics);
    if (build.trouble !== undefined) reportBuildTrouble(terminal, build.trouble);
    await sayCrashes(context, globals, located, folder, crashes, report.consoleLog ?? undefined);
  }
  return { status: statuses[report.verdict], failure: build.failure };
}

function sayTest({ terminal }: Context, { report }: ModuleTest): void {
  const { color, symbols, columns } = terminal;
  const passed = report.verdict === 'passed';
  const mark = passed ? color.green(symbols.ok) : color.red(symbols.fail);
  for (const line of describeTest(report, columns, mark)) terminal.out(line);
  if (report.coverage === null) return;
  for (const line of describeCoverage(report.coverage, columns)) terminal.out(line);
}
