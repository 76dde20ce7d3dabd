import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noOutput } from '../../system/bounded-output.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import type { RepeatedCrash } from '../../crash/report.ts';
import { UtopiaError } from '../../errors.ts';
import type { LocatedMachine } from '../locate.ts';
import { findSuitableQemu, requireBackingFile } from '../up/prepare.ts';
import { agreeToShare } from '../up/share.ts';
import { attendCommand, CutOff, type CommandOutput } from './attend.ts';
import { findBaseFor } from './base-key.ts';
import type { CommandStreams } from './channel.ts';
import { openThrowaway, type ThrowawayMachine } from './copy.ts';
import { findCrashes, keepConsole } from './crashes.ts';
import { bringBack } from './bring-back.ts';
import { checkFolder, type FolderUse } from './guest-command.ts';
import { keepCopy } from './keep.ts';
import { keepParent, type KeepWish } from './kept-names.ts';
import { openFolder } from '../../system/open-folder.ts';
import { snapshotSource } from './from-snapshot.ts';
import { planCopy, type PlannedCopy } from './launch.ts';
import { watchForLoss } from './lost-guest.ts';
import { settleGuest } from './settle-guest.ts';
import { shareSubject } from './share-subject.ts';
import { baseSource, imageSource, type CopySource } from './source.ts';
import { stageShare } from './staged-share.ts';
import { startCopy, type StartedCopy } from './start.ts';
import { isFatal, judgeRun, type RunReport } from './verdict.ts';

/** What is asked of a copy. */
export interface CopyRun {
  readonly words: readonly string[];
  readonly timeoutMs: number | undefined;
  /** What the command may do with the folder. */
  readonly use: FolderUse;
  /** Paths below the folder that are brought back when the command has ended. */
  readonly copyOut: readonly string[];
  /** Of all of them together. */
  readonly maxCopyOutBytes: number;
  /** Make a machine of the copy when the command has ended. */
  readonly keep: KeepWish | undefined;
  readonly yes: boolean;
  /** Paths of the folder that the copy gets to see; undefined for all of it. */
  readonly sees: readonly string[] | undefined;
  /** The guest reaches this host and what that reaches. */
  readonly network: boolean;
  /** Name of a snapshot of the machine; the copy is one of its image without. */
  readonly from: string | undefined;
  /** Boot, although there may be a warm base, or memory in the snapshot. */
  readonly cold: boolean;
  /** Keep what the command prints instead of passing it through. */
  readonly capture: boolean;
  /** Of each output: how many bytes are kept. */
  readonly maxOutputBytes: number;
  /** The command reads nothing: our stdin is not its own. */
  readonly noInput: boolean;
  /** Takes what it prints beside what is kept of it. */
  alsoTo?: NonNullable<CommandStreams['alsoTo']>;
  /** performance.now() when the program began. */
  readonly startedAt: number;
  /** Told when the command is started. */
  readonly begins?: () => void;
  /** Set once it was. */
  begun: boolean;
}

/** A run that came to its end. */
export interface CopyResult {
  readonly report: RunReport;
  readonly crashes: readonly RepeatedCrash[];
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
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  run: CopyRun,
): Promise<CopyResult> {
  const { cwd } = context;
  checkFolder(cwd);
  const qemu = await findSuitableQemu(context, located, [], run.yes ? 'yes' : 'ask');
  await agreeToShare(context, cwd, run.yes, shareSubject(run.use));
  const backing = await requireBackingFile(context, located);
  // Before a guest runs that could lead the way to it elsewhere.
  await using parent =
    run.keep === undefined ? undefined : await openFolder(keepParent(cwd, run.keep));
  const opened = await openThrowaway(context, located, run.network ? 'full' : 'none');
  try {
    const copy = await withShare(context, opened, run.sees);
    const planned = await planCopy(context, copy, { qemu, backing }, run.use === 'write');
    const source = await chooseSource(context, located, planned, run);
    const started = await startCopy(context, globals, copy, planned, source);
    let result: CopyResult;
    try {
      result = await runCommand(context, copy, started, run);
    } finally {
      started.cut();
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
    await opened.discard();
  }
}

/** Gives a copy that may see some paths only a folder of its own with them. */
async function withShare(
  { cwd, signal }: Context,
  copy: ThrowawayMachine,
  sees: CopyRun['sees'],
): Promise<ThrowawayMachine> {
  if (sees === undefined) return copy;
  const sharedDir = join(copy.paths.stateDir, 'share');
  await stageShare(cwd, sees, sharedDir, signal);
  return { ...copy, config: { ...copy.config, sharedDir } };
}

async function chooseSource(
  { env }: Context,
  located: LocatedMachine,
  planned: PlannedCopy,
  { from, cold }: CopyRun,
): Promise<CopySource> {
  if (from !== undefined) return await snapshotSource(located, planned, from, cold);
  const { plan, qemu, backing } = planned;
  const base = cold ? undefined : await findBaseFor(env, plan, qemu, backing.path);
  return base === undefined ? imageSource(backing) : baseSource(base);
}

async function runCommand(
  context: Context,
  copy: ThrowawayMachine,
  started: StartedCopy,
  run: CopyRun,
): Promise<CopyResult> {
  const { consoleLog } = copy.paths;
  await mountFolder(context, copy, started, run.use);
  const before = (await findCrashes(consoleLog, false)).length;
  const startMs = Math.round(performance.now() - run.startedAt);
  const begunAt = performance.now();
  run.begun = true;
  run.begins?.();
  const command = started.channel.start(run.words, context.cwd, run);
  const { timeoutMs, noInput: interruptible } = run;
  const options = { ...context, timeoutMs, interruptible, consoleLog };
  const end = await attendCommand(command, started.session, options);
  const commandMs = Math.round(performance.now() - begunAt);
  const ranToItsEnd = end.kind === 'exited' && run.copyOut.length > 0;
  const back = ranToItsEnd
    ? await bringBack(context, copy, started, run, commandMs)
    : { notCopied: run.copyOut, leftOut: [] };
  const settled =
    run.keep !== undefined && (await settleGuest(context, copy, started, command, end));
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
    }),
    crashes,
    unsettled: run.keep !== undefined && !settled,
  };
}

/** Ctrl-C before the command has begun is ours. */
async function mountFolder(
  { signal, cwd }: Context,
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
