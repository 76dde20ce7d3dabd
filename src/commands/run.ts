import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { openNamedPlace, type NamedPlace } from '../system/named-place.ts';
import { renderJUnit } from '../ui/junit.ts';
import { locateMachine, type ConfigFlags } from './locate.ts';
import { hearRun } from './run/build-trouble.ts';
import { runInCopy, type CopyRun } from './run/in-copy.ts';
import { checkSeveral } from './run/check-several.ts';
import { junitCase, junitHint, junitSuite, writeJUnit } from './run/junit.ts';
import { checkCopyOut, copyOutPaths } from './run/copy-out.ts';
import { sayCrashes } from './run/crashes.ts';
import type { FolderUse } from './run/guest-command.ts';
import { commandFor, type Job } from './run/items.ts';
import { checkKeep, type KeepWish } from './run/kept-names.ts';
import { sayKept } from './run/say-kept.ts';
import { reportFailure, type RunReport } from './run/verdict.ts';

export interface RunOptions {
  /** The program and its arguments. */
  readonly words: readonly string[];
  /** For the command, not for the boot. */
  readonly timeoutMs: number | undefined;
  /** What the command may do with the folder. */
  readonly use: FolderUse;
  /** Paths below the folder that are brought back; `{}` is the path with `each`. */
  readonly copyOut: readonly string[];
  /** How many bytes of them are brought back at most. */
  readonly maxCopyOutBytes: number;
  /** Make a machine of the copy; for a single run only. */
  readonly keep: KeepWish | undefined;
  /** File for the result as JUnit XML, relative to the current folder. */
  readonly junit: string | undefined;
  /** Paths for each of which the command is run, in a copy of its own; empty for a single run. */
  readonly each: readonly string[];
  /** Paths of the folder that each of these copies sees besides its own. */
  readonly with: readonly string[];
  /** Each of these copies sees the whole folder. */
  readonly shareFolder: boolean;
  /** File with a command a line, each for a copy of its own; `-` for stdin. Instead of `words`. */
  readonly commands: string | undefined;
  /** Of each of a command's outputs: how many bytes are kept where it is captured. */
  readonly maxOutputBytes: number;
  /** Folder for a file an item with its verdict, written as it ends. */
  readonly results: string | undefined;
  /** What has a verdict there is not run again. */
  readonly resume: boolean;
  /** Folder for each command's whole output, and how many bytes of each stream. */
  readonly logs: string | undefined;
  readonly maxLogBytes: number;
  /** How many copies at once; undefined for as many as fit. */
  readonly jobs: number | undefined;
  readonly yes: boolean;
  /** The guest reaches this host and what that reaches. */
  readonly network: boolean;
  /** Name of a snapshot, of which it is to be a copy; undefined for one of the image. */
  readonly from: string | undefined;
  /** Boot, although there may be a warm base, or memory in the snapshot. */
  readonly cold: boolean;
  readonly flags: ConfigFlags;
}

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
  checkCopyOut(options);
  checkSeveral(context.cwd, options, options.each.length > 0 || options.commands !== undefined);
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
  const build = hearRun(options.use);
  const run: CopyRun = {
    ...options,
    copyOut: copyOutPaths(options.copyOut),
    // Its output belongs to the report, which is all that stdout may hold with --json.
    capture: globals.json,
    noInput: false,
    sees: undefined,
    alsoTo: build.alsoTo,
    startedAt,
    begun: false,
  };
  try {
    const located = await locateMachine(context, globals, options.flags);
    const result = await runInCopy(context, globals, located, run);
    const { report, crashes } = result;
    await publish(context, globals, marks, report);
    if (!globals.json) sayNotCopied(context, report);
    await sayCrashes(context, globals, located, crashes, report.consoleLog ?? undefined);
    if (report.message !== null && crashes.length === 0) sayEnd(context, report.message);
    await build.say(context, report);
    sayKept(context, globals, result);
    // A machine that is missing must be seen by a script, too; a command that failed says enough.
    return report.status === 0 ? (result.keepFailure?.status ?? 0) : report.status;
  } catch (error) {
    const failure = asFailure(context, error);
    if (failure === undefined) throw error;
    const elapsedMs = Math.round(performance.now() - startedAt);
    await publish(context, globals, marks, reportFailure(run, failure, elapsedMs));
    throw failure;
  }
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

/** The runs of --each or --commands; undefined for a single one. */
async function findJobs(
  context: Context,
  { each, words, commands }: RunOptions,
): Promise<readonly Job[] | undefined> {
  if (commands !== undefined) {
    const { readCommands } = await import('./run/command-list.ts');
    return await readCommands(context, commands);
  }
  return each.length === 0
    ? undefined
    : each.map((item) => ({ item, words: commandFor(words, item) }));
}
