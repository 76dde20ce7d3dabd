import type { RunOptions } from '../lifecycle/several/run-options.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { openNamedPlace, type NamedPlace } from '../system/named-place.ts';
import { kernelIn } from '../lifecycle/launch/find-kernel.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { watchRunBuild } from './run/explain-failed-run.ts';
import { runInCopy } from '../lifecycle/throwaway/in-copy.ts';
import type { CopyRun } from '../lifecycle/throwaway/copy-run.ts';
import { checkCommand, checkOptions } from '../lifecycle/several/check-options.ts';
import { findJobs } from '../lifecycle/several/find-jobs.ts';
import { describeNotCopied } from '../ui/not-copied.ts';
import { junitOfRun } from '../ui/junit-runs.ts';
import { junitHint, writeJUnit } from './report/junit-file.ts';
import { copyOutPaths } from '../lifecycle/throwaway/copy-out.ts';
import { reportLocated } from '../lifecycle/watch/locate-crashes.ts';
import { sayCrashes } from './report/say-crashes.ts';
import { sayKept } from '../ui/kept-copy.ts';
import { asRunFailure, reportFailure, type RunReport } from '../lifecycle/throwaway/run-verdict.ts';

/**
 * `utopia run`: a command in a throwaway copy of the machine. Gives the exit
 * status: the command's, or the one of what befell it.
 */
export async function runRun(
  context: Context,
  globals: GlobalOptions,
  options: RunOptions,
): Promise<number> {
  const { terminal, cwd } = context;
  checkCommand(options);
  if (options.bisect !== undefined) {
    const { runBisect } = await import('./run/bisect.ts');
    return await runBisect(context, globals, options, options.bisect);
  }
  await checkOptions(cwd, options);
  const jobs = await findJobs(context, options);
  if (jobs !== undefined) {
    const { runSeveral } = await import('./run/several.ts');
    return await runSeveral(context, globals, options, jobs);
  }
  await using marks =
    options.junit === undefined ? undefined : await openNamedPlace(cwd, options.junit, junitHint);
  const startedAt = performance.now();
  const build = watchRunBuild(options.use);
  let begun = false;
  const run: CopyRun = {
    ...options,
    copyOut: copyOutPaths(options.copyOut),
    // Its output belongs to the report, which is all that stdout may hold with --json.
    capture: globals.json,
    noInput: false,
    sees: undefined,
    alsoTo: build.alsoTo,
    startedAt,
    begins: () => (begun = true),
  };
  try {
    const located = await locateMachine(context, globals, options.flags);
    const kernel = await kernelIn(context, located.config);
    const result = await runInCopy(context, globals, located, run);
    const { crashes } = result;
    const told = globals.json
      ? await reportLocated(context, located, cwd, crashes)
      : result.report.crashes;
    const report = {
      ...{ ...result.report, crashes: told },
      ...(kernel === undefined ? {} : { kernel }),
    };
    await publish(context, globals, marks, report);
    if (!globals.json) for (const line of describeNotCopied(report, terminal)) terminal.err(line);
    await sayCrashes(context, globals, located, cwd, crashes, report.consoleLog ?? undefined);
    if (report.message !== null && crashes.length === 0) {
      terminal.err(`${terminal.errColor.red(terminal.symbols.fail)} ${report.message}`);
    }
    await build.say(context, report);
    const { kept } = result.report;
    const silent = globals.quiet || globals.json;
    sayKept(terminal, cwd, { verbose: globals.verbose, silent }, { ...result, kept });
    // A machine that is missing must be seen by a script, too; a command that failed says enough.
    return report.status === 0 ? (result.keepFailure?.status ?? 0) : report.status;
  } catch (error) {
    const failure = asRunFailure(context.signal, error);
    if (failure === undefined) throw error;
    const elapsedMs = Math.round(performance.now() - startedAt);
    await publish(context, globals, marks, reportFailure({ ...run, begun }, failure, elapsedMs));
    throw failure;
  }
}

/** Hands the result to whoever reads it by program. */
async function publish(
  context: Context,
  globals: GlobalOptions,
  marks: NamedPlace | undefined,
  report: RunReport,
): Promise<void> {
  if (globals.json) context.terminal.json(report);
  await writeJUnit(marks, [junitOfRun(report)]);
}
