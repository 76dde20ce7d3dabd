import type { Context, GlobalOptions } from '../../context.ts';
import { exitStatus } from '../../errors.ts';
import { openNamedPlace } from '../../system/named-place.ts';
import { stringifyHarmlessly } from '../../text/harmless.ts';
import type { RunOptions } from '../../lifecycle/several/run-options.ts';
import { foldLine } from '../../ui/lines.ts';
import type { Job } from '../../lifecycle/several/items.ts';
import { openJobsDisplay } from '../../ui/jobs-display.ts';
import { junitOfRuns } from '../../ui/junit-runs.ts';
import { junitHint, writeJUnit } from '../report/junit-file.ts';
import { runMany, Tally, type ItemReport } from '../../lifecycle/several/run-many.ts';
import { openLogs } from '../../lifecycle/several/output-logs.ts';
import { hasVerdict, openResults } from '../../lifecycle/several/result-files.ts';
import { takeInto } from '../../system/take-output.ts';
import { openSpool, type Spool } from '../../lifecycle/several/verdict-spool.ts';
import { describeUnmade } from '../../system/out-of-space.ts';

/** Nobody looks after one of many: ten minutes are five times what an emulated guest needs to build a module. */
const usualTimeoutMs = 600_000;

/**
 * Several runs: 0 when all have passed, 1 when one has not, 130 when interrupted. Each report is
 * on the disk when it is there, and read from there for what is said of all: a class of any size
 * takes the memory of the copies that run.
 */
export async function runSeveral(
  context: Context,
  globals: GlobalOptions,
  options: RunOptions,
  jobs: readonly Job[],
): Promise<number> {
  const { terminal, signal, cwd } = context;
  const quiet = globals.quiet || globals.json;
  const { junit, results, logs, maxLogBytes, resume } = options;
  await using marks = junit === undefined ? undefined : await openNamedPlace(cwd, junit, junitHint);
  await using files = results === undefined ? undefined : await openResults(context, results);
  await using outputs = logs === undefined ? undefined : await openLogs(context, logs, maxLogBytes);
  await using spool = await openSpool<ItemReport>(context);
  const tally = new Tally(jobs.length);
  const begun = new Set<number>();
  let unwritten: unknown;

  const timeoutMs = options.timeoutMs ?? usualTimeoutMs;
  await runMany(context, globals, { ...options, timeoutMs }, jobs, {
    openDisplay: async (items) => await openJobsDisplay(terminal, { signal, quiet }, items),
    logs: outputs,
    find: async (job) => (resume ? await files?.find(job, options.from) : undefined),
    keep: async (index, report) => {
      begun.add(index);
      tally.add(report);
      try {
        // What is said of all has it, whatever becomes of its own file.
        await spool.put(index, report);
        if (hasVerdict(report)) await files?.write(report);
      } catch (error) {
        unwritten ??= error;
        throw error;
      }
    },
  });

  const notRun = jobs.filter((_job, index) => !begun.has(index)).map(({ item }) => item);
  if (globals.json) await writeJson(context, spool, notRun);
  await writeJUnit(
    marks,
    junitOfRuns(() => spool.values(), notRun),
  );
  if (!globals.json) terminal.out(tally.toString());
  if (signal.aborted) {
    for (const line of foldLine(wayOn(options), terminal.columns)) terminal.err(line);
    return exitStatus.interrupted;
  }
  if (unwritten !== undefined) {
    const hint = 'Look at the modes of the folder of --results, or name another one.';
    throw describeUnmade('Not all results could be written', results ?? '.', unwritten, hint);
  }
  return tally.allPassed ? 0 : 1;
}

function wayOn({ results, resume }: RunOptions): string {
  if (results === undefined) return '  With --results DIR it could be gone on with: --resume';
  const words = resume ? 'the same command again' : 'the same command with --resume';
  return `  Go on: ${words}. What has a verdict in ${results} is not run again.`;
}

async function writeJson(
  { terminal }: Context,
  spool: Spool<ItemReport>,
  notRun: readonly string[],
): Promise<void> {
  const take = takeInto(terminal.stdout);
  const write = async (text: string): Promise<void> => await take(Buffer.from(text));
  let between = '{"schema":1,"runs":[';
  for await (const text of spool.texts()) {
    await write(between + text);
    between = ',';
  }
  const start = between === ',' ? '' : between;
  await write(`${start}],"notRun":${stringifyHarmlessly(notRun)}}\n`);
}
