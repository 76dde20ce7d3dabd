import type { RunOptions } from '../lifecycle/several/run-options.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { openNamedPlace, type NamedPlace } from '../system/named-place.ts';
import { renderJUnit } from '../ui/junit.ts';
import { kernelIn } from '../lifecycle/launch/find-kernel.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { watchRunBuild } from './run/build-trouble.ts';
import { runInCopy } from '../lifecycle/throwaway/in-copy.ts';
import type { CopyRun } from '../lifecycle/throwaway/types.ts';
import { checkSeveral } from './run/check-several.ts';
import { junitCase, junitSuite } from './run/junit.ts';
import { junitHint, writeJUnit } from './report/junit-file.ts';
import { checkCopyOut, copyOutPaths } from '../lifecycle/throwaway/copy-out.ts';
import { reportLocated } from '../lifecycle/watch/locate-crashes.ts';
import { sayCrashes } from './report/say-crashes.ts';
import { commandFor, type Job } from '../lifecycle/several/items.ts';
import { checkKeep } from '../lifecycle/throwaway/kept-names.ts';
import { sayKept } from './run/say-kept.ts';
import { reportFailure, type RunReport } from '../lifecycle/throwaway/run-verdict.ts';

/**
 * `utopia run`: a command in a throwaway copy of the machine. Gives the exit
 * status: the command's, or the one of what befell it.
 */
export async function runRun(
  context: Context,
  globals: GlobalOptions,
  options: RunOptions,
): Promise<number> {
  checkCommand(options);
  if (options.bisect !== undefined) {
    const { runBisect } = await import('./run/bisect.ts');
    return await runBisect(context, globals, options, options.bisect);
  }
  checkCopyOut(options);
  checkSeveral(context.cwd, options, isSeveral(options));
  checkShare(options);
  if (options.keep !== undefined) await checkKeep(context.cwd, options.keep);
  const jobs = await findJobs(context, options);
  if (jobs !== undefined) {
    const { runSeveral } = await import('./run/several.ts');
    return await runSeveral(context, globals, options, jobs);
  }
  await using marks =
    options.junit === undefined
      ? undefined
      : await openNamedPlace(context.cwd, options.junit, junitHint);
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
      ? await reportLocated(context, located, context.cwd, crashes)
      : result.report.crashes;
    const report = {
      ...{ ...result.report, crashes: told },
      ...(kernel === undefined ? {} : { kernel }),
    };
    await publish(context, globals, marks, report);
    if (!globals.json) sayNotCopied(context, report);
    await sayCrashes(
      context,
      globals,
      located,
      context.cwd,
      crashes,
      report.consoleLog ?? undefined,
    );
    if (report.message !== null && crashes.length === 0) sayEnd(context, report.message);
    await build.say(context, report);
    sayKept(context, globals, result);
    // A machine that is missing must be seen by a script, too; a command that failed says enough.
    return report.status === 0 ? (result.keepFailure?.status ?? 0) : report.status;
  } catch (error) {
    const failure = asFailure(context, error);
    if (failure === undefined) throw error;
    const elapsedMs = Math.round(performance.now() - startedAt);
    await publish(context, globals, marks, reportFailure({ ...run, begun }, failure, elapsedMs));
    throw failure;
  }
}

function isSeveral({ each, commands, kernels }: RunOptions): boolean {
  return each.length > 0 || commands !== undefined || kernels.length > 1;
}

function sayNotCopied({ terminal }: Context, { notCopied, leftOut, outcome }: RunReport): void {
  for (const { path, why } of leftOut) {
    terminal.err(`${terminal.errColor.yellow(terminal.symbols.warn)} ${path} was left out: ${why}`);
  }
  // The message says why.
  if (outcome === 'not-copied') return;
  const why =
    outcome === 'exited' ? 'is not there in the copy' : 'was not copied: the command had no end';
  for (const path of notCopied) {
    terminal.err(`${terminal.errColor.yellow(terminal.symbols.warn)} ${path} ${why}`);
  }
}

function sayEnd({ terminal }: Context, message: string): void {
  terminal.err(`${terminal.errColor.red(terminal.symbols.fail)} ${message}`);
}

/** What is thrown on purpose, an interruption in our own words; undefined for a bug. */
function asFailure({ signal }: Context, error: unknown): UtopiaError | undefined {
  if (error instanceof UtopiaError) return error;
  const aborted = signal.aborted && error instanceof Error && error.name === 'AbortError';
  return aborted ? new UtopiaError('interrupted', 'Interrupted.') : undefined;
}

/** Hands the result to whoever reads it by program. */
async function publish(
  context: Context,
  globals: GlobalOptions,
  marks: NamedPlace | undefined,
  report: RunReport,
): Promise<void> {
  if (globals.json) context.terminal.json(report);
  await writeJUnit(marks, [renderJUnit(junitSuite, [junitCase(report)])]);
}

/** Throws `usage` where there is nothing to run, or two things. */
function checkCommand({ words, commands }: RunOptions): void {
  if ((words.length === 0) === (commands !== undefined)) return;
  const both = commands !== undefined;
  throw new UtopiaError(
    'usage',
    both
      ? `There is a command, ${words.join(' ')}, beside those of --commands ${commands}.`
      : 'There is no command to run.',
    { hint: both ? 'Leave one of them out.' : 'As in: utopia run -- ./test.sh' },
  );
}

/** Throws `usage` for what --each alone has, and for what would be lost with it. Pure. */
function checkShare({ each, with: others, shareFolder, use }: RunOptions): void {
  if (each.length > 0 && use === 'write' && !shareFolder) {
    throw new UtopiaError('usage', 'With --each, a copy has nothing of this folder to write to.', {
      hint: "Bring files back with --copy-out '{}/log', or add --share-folder.",
    });
  }
  if (others.length === 0 || (each.length > 0 && !shareFolder)) return;
  throw new UtopiaError('usage', 'The copies see the whole folder, also without --with.', {
    hint: 'Leave --with out, or use it with --each and without --share-folder.',
  });
}

/** The runs of --each, --commands or several kernels; undefined for a single one. */
async function findJobs(
  context: Context,
  { each, words, commands, kernels }: RunOptions,
): Promise<readonly Job[] | undefined> {
  if (commands !== undefined) {
    const { readCommands } = await import('../lifecycle/several/command-list.ts');
    return await readCommands(context, commands);
  }
  if (kernels.length > 1) {
    const home = homeFolder(context.env);
    const nameKernel = (kernel: string): string => shortenPath(kernel, context.cwd, home);
    return kernels.map((kernel) => ({ item: nameKernel(kernel), words, kernel }));
  }
  return each.length === 0
    ? undefined
    : each.map((item) => ({ item, words: commandFor(words, item) }));
}
