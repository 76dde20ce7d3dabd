import { setMaxListeners } from 'node:events';
import { availableParallelism, freemem } from 'node:os';
import { basename } from 'node:path';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { countOf } from '../../text/format.ts';
import { kernelIn } from '../launch/find-kernel.ts';
import { locateMachine, type LocatedMachine } from '../launch/locate.ts';
import type { RunOptions } from './run-options.ts';
import { requireCopyFeed } from '../throwaway/copy-feed.ts';
import { copyOutPaths } from '../throwaway/copy-out.ts';
import { checkFolder } from '../throwaway/guest-command.ts';
import { runInCopy } from '../throwaway/in-copy.ts';
import type { CopyRun } from '../throwaway/copy-run.ts';
import { checkItems, countJobs, workInParallel, type Job } from './items.ts';
import { fillIn } from '../../text/fill-in.ts';
import type { OutputLog, OutputLogs } from './output-logs.ts';
import { findUnseen, seenBy, withHint } from './seen-paths.ts';
import { shareSubject } from '../throwaway/share-subject.ts';
import { asRunFailure, reportFailure, type RunReport } from '../throwaway/run-verdict.ts';
import { reportLocated } from '../watch/locate-crashes.ts';
import { agreeToShare } from '../launch/share-consent.ts';
import { describeRefusedFile, reasonOf } from '../../system/out-of-space.ts';

/** One of several runs. */
export interface ItemReport extends RunReport {
  /** The path it was for, as typed, or the line of its command. */
  readonly item: string;
}

/** Hears of each run when it has ended, whatever its end; the next one waits for it. */
export type KeepReport = (index: number, report: ItemReport) => Promise<void>;

/** Hears of several runs, by their number in the list of items. */
export interface JobsDisplay {
  starts(index: number): void;
  /** Its command was begun. */
  runs(index: number): void;
  ends(index: number, report: RunReport): void;
  warn(text: string): void;
  note(text: string): void;
  close(): void;
}

/** What goes with several runs, beside the commands. */
export interface ManyParts {
  readonly openDisplay: (items: readonly string[]) => Promise<JobsDisplay>;
  readonly keep: KeepReport;
  /** The verdict that an item has from before; it is not run again. */
  readonly find: (job: Job) => Promise<ItemReport | undefined>;
  readonly logs: OutputLogs | undefined;
}

/** Runs several commands, in a copy each, as many at once as memory and processors hold. */
export async function runMany(
  context: LifecycleContext,
  globals: LifecycleOptions,
  options: RunOptions,
  all: readonly Job[],
  { openDisplay, keep, find, logs }: ManyParts,
): Promise<void> {
  const { cwd, signal } = context;
  checkFolder(cwd);
  await checkItems(options.each, cwd);
  await checkItems(options.with, cwd, '--with');
  const located = await locateMachine(context, globals, options.flags);
  if (options.fed) await requireCopyFeed(located.config);
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
  const display = await openDisplay(items);
  if (options.jobs !== undefined && jobs < Math.min(options.jobs, all.length)) {
    display.warn(`${jobs} at once instead of ${options.jobs}: there is no memory for more`);
  }
  let booted = false;
  if (options.each.length > 0 && !options.shareFolder) {
    const unseen = await findUnseen(options, cwd);
    if (unseen !== undefined) display.note(unseen);
  }
  try {
    await workInParallel(all, jobs, signal, async (job, index) => {
      const { item } = job;
      const before = await find(job);
      display.starts(index);
      const begins = (): void => display.runs(index);
      const report =
        before ?? (await runOne(context, globals, located, { ...options, begins }, job, logs));
      display.ends(index, report);
      booted ||= before === undefined && !report.warm && report.outcome !== 'not-started';
      try {
        await keep(index, { ...report, item });
      } catch (error) {
        display.warn(`the result of ${item} could not be written: ${reasonOf(error)}`);
      }
    });
    if (booted && !options.cold && !signal.aborted) display.note(whyBooted(options));
  } finally {
    display.close();
  }
}

function whyBooted({ from, fed }: RunOptions): string {
  return from === undefined
    ? `Each copy booted. From a warm base it starts in seconds: utopia image warm${fed ? ' --sensors sim' : ''}`
    : `Each copy booted: there is no memory in ${from}. A snapshot of the running machine has it.`;
}

/** A run whose failure is its own: the others go on. */
async function runOne(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  options: RunOptions & Pick<CopyRun, 'begins'>,
  job: Job,
  logs: OutputLogs | undefined,
): Promise<RunReport> {
  const { item, words } = job;
  const startedAt = performance.now();
  const sees = await seenBy(job, options, context.cwd);
  const machine = ownKernel(located, job);
  let kernel: RunReport['kernel'];
  let begun = false;
  const run: CopyRun = {
    ...options,
    words,
    sees,
    copyOut: copyOutPaths(options.copyOut.map((path) => fillIn(path, item))),
    yes: true,
    keep: undefined,
    capture: true,
    noInput: true,
    startedAt,
    begins: () => {
      begun = true;
      options.begins();
    },
  };
  let log: OutputLog | undefined;
  try {
    kernel = await kernelIn(context, machine.config);
    log = await logs?.open(item);
    const heard = log === undefined ? run : { ...run, alsoTo: log.take };
    const ended = await runInCopy(context, { ...globals, quiet: true }, machine, heard);
    await log?.close();
    log = undefined;
    const crashes = await reportLocated(context, machine, context.cwd, ended.crashes);
    const report = { ...ended.report, crashes };
    return { ...(sees === undefined ? report : withHint(report)), ...whichKernel(kernel) };
  } catch (error) {
    const elapsedMs = Math.round(performance.now() - startedAt);
    const report = reportFailure({ ...run, begun }, asFailure(context, error), elapsedMs);
    return { ...report, ...whichKernel(kernel ?? unreadKernel(job)) };
  } finally {
    await log?.close().catch(() => {});
  }
}

/** The machine with the kernel of this run. */
function ownKernel(located: LocatedMachine, { kernel }: Job): LocatedMachine {
  if (kernel === undefined) return located;
  return { ...located, config: { ...located.config, kernel } };
}

function unreadKernel({ kernel }: Job): RunReport['kernel'] {
  return kernel === undefined ? undefined : { name: basename(kernel), version: null };
}

function whichKernel(kernel: RunReport['kernel']): Pick<RunReport, 'kernel'> {
  return kernel === undefined ? {} : { kernel };
}

/** What befell one of several, as what it is; a bug of ours is that of its item, too. */
function asFailure({ signal }: LifecycleContext, error: unknown): UtopiaError | Error {
  const failure = asRunFailure(signal, error);
  if (failure !== undefined) return failure;
  return describeRefusedFile(error) ?? (error instanceof Error ? error : new Error(String(error)));
}

/** What several runs have come to, so far. */
export class Tally {
  readonly #items: number;
  readonly #others = new Map<string, number>();
  #passed = 0;
  #ended = 0;

  constructor(items: number) {
    this.#items = items;
  }

  add({ outcome, status, fault }: Pick<RunReport, 'outcome' | 'status' | 'fault'>): void {
    this.#ended += 1;
    if (status === 0) {
      this.#passed += 1;
      return;
    }
    const what = fault === null ? 'interrupted' : outcome === 'exited' ? 'failed' : outcome;
    this.#others.set(what, (this.#others.get(what) ?? 0) + 1);
  }

  get allPassed(): boolean {
    return this.#passed === this.#items;
  }

  /** `7 of 10 runs passed; 2 failed, 1 crashed`. */
  toString(): string {
    const missing = this.#items - this.#ended;
    const counts = [...this.#others, ...(missing > 0 ? [['not run', missing] as const] : [])];
    const rest = counts.map(([what, count]) => `${count} ${what}`).join(', ');
    return `${this.#passed} of ${countOf(this.#items, 'run')} passed${rest === '' ? '' : `; ${rest}`}`;
  }
}
