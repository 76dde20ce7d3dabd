import type { CopyRun } from './copy-run.ts';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noOutput } from '../../system/bounded-output.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { RepeatableFeed } from '../../sensors/ordered-feed.ts';
import type { RepeatedCrash } from '../../crash/crash-report.ts';
import { UtopiaError } from '../../errors.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { findSuitableQemu, requireBackingFile } from '../launch/prepare.ts';
import { agreeToShare } from '../launch/share-consent.ts';
import { attendCommand } from './attend-command.ts';
import { watchCopyForCrash, type CopyCrashWatch } from './copy-crash-watch.ts';
import { CutOff, type CommandEnd, type CommandOutput } from './wait-for-command.ts';
import { findBaseFor } from '../saved/warm-base-key.ts';
import { openThrowaway, type ThrowawayMachine } from './copy-folder.ts';
import { findCrashes, keepConsole } from './copy-crashes.ts';
import { bringBack } from './copy-back.ts';
import { requireCopyFeed, startCopyFeed } from './copy-feed.ts';
import { checkFolder, type FolderUse } from './guest-command.ts';
import { keepCopy } from './keep-copy.ts';
import { keepParent } from './kept-names.ts';
import { openFolder } from '../../system/open-folder.ts';
import { snapshotSource } from './from-snapshot.ts';
import { planCopy, type PlannedCopy } from './launch-copy.ts';
import { watchForLoss } from '../watch/session-loss.ts';
import { flushGuest } from './flush-guest.ts';
import { shareSubject } from './share-subject.ts';
import { baseSource, imageSource, type CopySource } from './copy-source.ts';
import { stageShare } from './staged-share.ts';
import { startCopy, type StartedCopy } from './start-copy.ts';
import { isFatal, judgeRun, type RunReport } from './run-verdict.ts';

/** A run that came to its end. */
export interface CopyResult {
  readonly report: RunReport;
  readonly crashes: readonly RepeatedCrash[];
  readonly end: CommandEnd;
  /** Of a copy to be kept: its guest had not written all to its disk. */
  readonly unsettled: boolean;
  /** Why it is not kept, although that was asked for. */
  readonly keepFailure?: UtopiaError;
}

/** A login and a mount under emulation take seconds, on a busy host a minute; a guest that hangs would take for ever. */
const mountMs = 120_000;
/** A command cut off hands over what it printed within this time. */
const lastOutputMs = 2_000;

/** Makes a copy, runs the command in it and removes the copy, whatever happens. */
export async function runInCopy(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  run: CopyRun,
): Promise<CopyResult> {
  const { cwd } = context;
  checkFolder(cwd);
  const feed = run.fed === true ? await requireCopyFeed(located.config) : undefined;
  const qemu = await findSuitableQemu(context, located, [], run.yes ? 'yes' : 'ask');
  await agreeToShare(context, cwd, run.yes, shareSubject(run.use));
  const backing = await requireBackingFile(context, located);
  // Before a guest runs that could lead the way to it elsewhere.
  await using parent =
    run.keep === undefined ? undefined : await openFolder(keepParent(cwd, run.keep));
  const opened = await openThrowaway(context, located, {
    network: run.network ? 'full' : 'none',
    onCrash: run.watchesCrashes === true ? located.config.onCrash : 'report',
  });
  try {
    const copy = await withShare(context, opened, run.sees);
    const planned = await planCopy(context, copy, { qemu, backing }, run.use === 'write');
    const source = await chooseSource(context, globals, located, planned, run);
    const start = { planned, source, bootTimeoutMs: run.bootTimeoutMs };
    const started = await startCopy(context, globals, copy, start);
    let result: CopyResult;
    let crashWatch: CopyCrashWatch | undefined;
    try {
      // A run that only reports need not ask who runs.
      const watches = started.launched.plan.onCrash !== undefined;
      const running = { copy, ...started };
      if (watches) crashWatch = await watchCopyForCrash(context, globals, located, running);
      const words = (await run.laterWords?.()) ?? run.words;
      result = await runCommand(context, copy, started, { ...run, words, feed, crashWatch });
    } finally {
      started.cut();
      await crashWatch?.stop();
      await started.session.close();
    }
    if (run.keep === undefined || parent === undefined) return result;
    const plan = { ...started, wish: run.keep, parent, words: run.words, origin: located };
    try {
      const kept = await keepCopy(context, globals, copy, plan);
      return { ...result, report: { ...result.report, kept } };
    } catch (error) {
      if (!(error instanceof UtopiaError)) throw error;
      return { ...result, keepFailure: error };
    }
  } finally {
    await run.takeConsole?.(opened.paths.consoleLog);
    await opened.discard();
  }
}

/**
 * Throws `interrupted` after Ctrl-C, but for a copy that had crashed: one that is paused at its
 * crash is ended so.
 */
export function refuseInterrupted(
  { signal }: Pick<LifecycleContext, 'signal'>,
  { watchesCrashes }: Pick<CopyRun, 'watchesCrashes'>,
  { report }: CopyResult,
): void {
  const isVerdict = watchesCrashes === true && report.outcome === 'crashed';
  if (signal.aborted && !isVerdict) throw new UtopiaError('interrupted', 'Interrupted.');
}

/** Gives a copy that may see some paths only a folder of its own with them. */
async function withShare(
  { cwd, signal }: LifecycleContext,
  copy: ThrowawayMachine,
  sees: CopyRun['sees'],
): Promise<ThrowawayMachine> {
  if (sees === undefined) return copy;
  const sharedDir = join(copy.paths.stateDir, 'share');
  await stageShare(cwd, sees, sharedDir, signal);
  return { ...copy, config: { ...copy.config, sharedDir } };
}

async function chooseSource(
  { env, reporter }: LifecycleContext,
  { quiet, json }: LifecycleOptions,
  located: LocatedMachine,
  planned: PlannedCopy,
  { from, cold, fed }: CopyRun,
): Promise<CopySource> {
  if (from !== undefined) return await snapshotSource(located, planned, from, cold);
  const { plan, qemu, backing } = planned;
  const base = cold ? undefined : await findBaseFor(env, plan, qemu, backing.path);
  if (base !== undefined) return baseSource(base);
  const wants = fed === true && plan.sensorPort && !cold && !quiet && !json;
  if (wants && (await findBaseFor(env, { ...plan, sensorPort: false }, qemu, backing.path))) {
    reporter.warn(
      'The warm base has no port for sensors, so this copy boots.\nOne that has: utopia image warm --sensors sim',
    );
  }
  return imageSource(backing);
}

async function runCommand(
  context: LifecycleContext,
  copy: ThrowawayMachine,
  started: StartedCopy,
  run: CopyRun & {
    readonly feed: RepeatableFeed | undefined;
    readonly crashWatch: CopyCrashWatch | undefined;
  },
): Promise<CopyResult> {
  const { consoleLog, sensorsSocket } = copy.paths;
  await mountFolder(context, copy, started, run.use);
  const before = (await findCrashes(consoleLog, false)).length;
  const startMs = Math.round(performance.now() - run.startedAt);
  const begunAt = performance.now();
  run.begins();
  const command = started.channel.start(run.words, context.cwd, run);
  const { timeoutMs, noInput: interruptible, crashWatch } = run;
  const options = { ...context, timeoutMs, interruptible, consoleLog };
  const fed = run.feed === undefined ? undefined : startCopyFeed(run.feed, sensorsSocket);
  let end: CommandEnd;
  try {
    end = await attendCommand(command, started.session, options, crashWatch);
  } finally {
    await fed?.stop();
  }
  const commandMs = Math.round(performance.now() - begunAt);
  const ranToItsEnd = end.kind === 'exited' && run.copyOut.length > 0;
  const back = ranToItsEnd
    ? await bringBack(context, copy, started, run, commandMs)
    : { notCopied: run.copyOut, leftOut: [] };
  const settled =
    run.keep !== undefined && (await flushGuest(context, copy, started, command, end));
  started.cut();
  const output = await lastOutput(command.ended);
  const panicked = end.kind === 'crashed' && end.panicked;
  const crashes = (await findCrashes(consoleLog, panicked)).slice(before);
  const crashed = crashes.some(isFatal);
  return {
    report: judgeRun({
      words: run.words,
      end,
      output,
      crashes,
      timeoutMs: run.timeoutMs,
      from: run.from,
      warm: started.warm,
      startMs,
      commandMs,
      back,
      consoleLog: crashed ? await keepConsole(context, consoleLog) : undefined,
      keptCrashes: crashWatch?.kept,
    }),
    crashes,
    end,
    unsettled: run.keep !== undefined && !settled,
  };
}

/** Ctrl-C before the command has begun is ours. */
async function mountFolder(
  { signal, cwd }: LifecycleContext,
  { paths }: ThrowawayMachine,
  { channel, cut, session }: StartedCopy,
  use: FolderUse,
): Promise<void> {
  signal.throwIfAborted();
  signal.addEventListener('abort', cut, { once: true });
  const watch = watchForLoss(session, paths, 'this folder was being mounted in it');
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    cut();
  }, mountMs);
  try {
    await Promise.race([channel.mount(cwd, use), watch.lost]);
  } catch (error) {
    signal.throwIfAborted();
    throw isLate ? tooLate(error) : error;
  } finally {
    clearTimeout(late);
    watch.stop();
    signal.removeEventListener('abort', cut);
  }
}

function tooLate(cause: unknown): UtopiaError {
  const limit = `${mountMs / 1000} s`;
  return new UtopiaError('guest-lost', `The guest did not mount this folder within ${limit}.`, {
    hint: 'Is the host overloaded? Try again, with fewer at once: --jobs 1',
    cause,
  });
}

async function lastOutput(ended: Promise<CommandOutput>): Promise<CommandOutput> {
  const nothing = { stdout: noOutput, stderr: noOutput };
  const given = ended.then(
    ({ stdout, stderr }) => ({ stdout, stderr }),
    (error: unknown) => (error instanceof CutOff ? error.output : nothing),
  );
  return await Promise.race([given, sleep(lastOutputMs, nothing, { ref: false })]);
}
