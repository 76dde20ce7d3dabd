import { setMaxListeners } from 'node:events';
import { availableParallelism, freemem } from 'node:os';
import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { countOf } from '../../ui/format.ts';
import { locateMachine } from '../locate.ts';
import type { RunOptions } from '../run.ts';
import { copyOutPaths } from './copy-out.ts';
import { checkFolder } from './guest-command.ts';
import { runInCopy, type CopyRun } from './in-copy.ts';
import { checkItems, countJobs, fillIn, workInParallel, type Job } from './items.ts';
import { openJobsDisplay } from './jobs-display.ts';
import { shareSubject } from './share-subject.ts';
import { reportFailure, type RunReport } from './verdict.ts';
import { agreeToShare } from '../up/share.ts';

/** One of several runs. */
export interface ItemReport extends RunReport {
  /** The path it was for, as typed, or the line of its command. */
  readonly item: string;
}

/** Runs several commands, in a copy each; says a line for each as it ends. Gives what was begun. */
export async function runMany(
  context: Context,
  globals: GlobalOptions,
  options: RunOptions,
  all: readonly Job[],
): Promise<readonly ItemReport[]> {
  const { cwd, signal } = context;
  checkFolder(cwd);
  await checkItems(options.each, cwd);
  const located = await locateMachine(context, globals, options.flags);
  await agreeToShare(context, cwd, options.yes, shareSubject(options.use));
  const jobs = countJobs({
    wanted: options.jobs,
    items: all.length,
    hostCpus: availableParallelism(),
    memoryMiB: located.config.memoryMiB,
    freeMiB: Math.floor(freemem() / 2 ** 20),
  });
  // Each copy listens to it a few times; they are no leak.
  setMaxListeners(0, signal);
  const items = all.map(({ item }) => item);
  const display = await openJobsDisplay(context, globals, items);
  if (options.jobs !== undefined && jobs < Math.min(options.jobs, all.length)) {
    display.warn(`${jobs} at once instead of ${options.jobs}: there is no memory for more`);
  }
  try {
    const reports = await workInParallel(all, jobs, signal, async (job, index) => {
      display.starts(index);
      const begins = (): void => display.runs(index);
      const report = await runOne(context, globals, located, { ...options, begins }, job);
      display.ends(index, report);
      return { item: job.item, ...report };
    });
    if (reports.some(({ warm }) => !warm) && !options.cold && !signal.aborted) {
      display.note(whyBooted(options.from));
    }
    return reports;
  } finally {
    display.close();
  }
}

function whyBooted(from: string | undefined): string {
  return from === undefined
    ? 'Each copy booted. From a warm base it starts in seconds: utopia image warm'
    : `Each copy booted: there is no memory in ${from}. A snapshot of the running machine has it.`;
}

/** A run whose failure is its own: the others go on. */
async function runOne(
  context: Context,
  globals: GlobalOptions,
  located: Awaited<ReturnType<typeof locateMachine>>,
  options: RunOptions & Pick<CopyRun, 'begins'>,
  { item, words }: Job,
): Promise<RunReport> {
  const startedAt = performance.now();
  const run = {
    ...options,
    words,
    copyOut: copyOutPaths(options.copyOut.map((path) => fillIn(path, item))),
    yes: true,
    keep: undefined,
    capture: true,
    noInput: true,
    startedAt,
    begun: false,
  };
  try {
    const { report } = await runInCopy(context, { ...globals, quiet: true }, located, run);
    return report;
  } catch (error) {
    const aborted = context.signal.aborted && error instanceof Error && error.name === 'AbortError';
    const failure = aborted ? new UtopiaError('interrupted', 'Interrupted.') : error;
    if (!(failure instanceof UtopiaError)) throw error;
    const elapsedMs = Math.round(performance.now() - startedAt);
    return reportFailure(run, failure, elapsedMs);
  }
}

/** `7 of 10 passed; 2 failed, 1 crashed`. Pure. */
export function summarise(reports: readonly ItemReport[], items: number): string {
  const passed = reports.filter(({ status }) => status === 0).length;
  const others = new Map<string, number>();
  for (const { outcome, status } of reports) {
    if (status === 0) continue;
    const what = outcome === 'exited' ? 'failed' : outcome;
    others.set(what, (others.get(what) ?? 0) + 1);
  }
  if (reports.length < items) others.set('not run', items - reports.length);
  const rest = [...others].map(([what, count]) => `${count} ${what}`).join(', ');
  return `${passed} of ${countOf(items, 'run')} passed${rest === '' ? '' : `; ${rest}`}`;
}
