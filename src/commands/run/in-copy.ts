import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, GlobalOptions } from '../../context.ts';
import type { RepeatedCrash } from '../../crash/report.ts';
import type { GuestAccess } from '../../guest/ssh.ts';
import type { LocatedMachine } from '../locate.ts';
import { findSuitableQemu, requireBackingFile } from '../up/prepare.ts';
import { openSession, type MachineSession } from '../up/session.ts';
import { agreeToShare } from '../up/share.ts';
import { attendCommand, type CommandOutput } from './attend.ts';
import { bootCopy } from './boot.ts';
import { openThrowaway, type ThrowawayMachine } from './copy.ts';
import { findCrashes, keepConsole } from './crashes.ts';
import { checkFolder, mountShare, runThere, signalThere } from './guest-command.ts';
import { launchCopy, type LaunchedCopy } from './launch.ts';
import { isFatal, judgeRun, type RunReport } from './verdict.ts';

/** What is asked of a copy. */
export interface CopyRun {
  readonly words: readonly string[];
  readonly timeoutMs: number | undefined;
  readonly writable: boolean;
  readonly yes: boolean;
  /** Keep what the command prints instead of passing it through. */
  readonly capture: boolean;
  /** performance.now() when the program began. */
  readonly startedAt: number;
  /** Set once the command was started. */
  begun: boolean;
}

/** A run that came to its end. */
export interface CopyResult {
  readonly report: RunReport;
  readonly crashes: readonly RepeatedCrash[];
}

/** Account of the command: only root loads modules. */
const login = 'root';
/** A command cut off hands over what it printed within this time. */
const lastOutputMs = 2_000;

/** Makes a copy, runs the command in it and removes the copy, whatever happens. */
export async function runInCopy(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  run: CopyRun,
): Promise<CopyResult> {
  const { cwd, signal } = context;
  checkFolder(cwd);
  const qemu = await findSuitableQemu(context, located, []);
  await agreeToShare(context, cwd, run.yes, {
    subject: `The command could read${run.writable ? ' and change' : ''}`,
    hint: 'Start utopia run in a folder of the lab, or agree with --yes.',
  });
  const backing = await requireBackingFile(context, located);
  const copy = await openThrowaway(context, located);
  try {
    const launched = await launchCopy(context, copy, { qemu, backing }, run.writable);
    const session = openSession(launched.started, launched.plan, copy.paths);
    try {
      await bootCopy(context, globals, session, launched.plan.ssh);
      signal.throwIfAborted();
      return await runCommand(context, copy, launched, session, run);
    } finally {
      await session.close();
    }
  } finally {
    await copy.discard();
  }
}

async function runCommand(
  context: Context,
  copy: ThrowawayMachine,
  { plan }: LaunchedCopy,
  session: MachineSession,
  run: CopyRun,
): Promise<CopyResult> {
  const { consoleLog } = copy.paths;
  const cut = new AbortController();
  const access = accessTo(context, copy, plan.ssh, cut.signal);
  const hurry = (): void => cut.abort();
  context.signal.addEventListener('abort', hurry, { once: true });
  await mountShare(access, context.cwd, run.writable);
  context.signal.removeEventListener('abort', hurry);
  const before = (await findCrashes(consoleLog, false)).length;
  const startMs = Math.round(performance.now() - run.startedAt);
  const begunAt = performance.now();
  run.begun = true;
  const ended = runThere(access, run.words, context.cwd, run.capture);
  const command = { ended, signal: (name: NodeJS.Signals) => signalThere(access, name) };
  const options = { ...context, timeoutMs: run.timeoutMs };
  const end = await attendCommand(command, session, options);
  const commandMs = Math.round(performance.now() - begunAt);
  cut.abort();
  const output = await lastOutput(ended);
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
      startMs,
      commandMs,
      consoleLog: crashed ? await keepConsole(context, consoleLog) : undefined,
    }),
    crashes,
  };
}

async function lastOutput(ended: Promise<CommandOutput>): Promise<CommandOutput> {
  const nothing = { stdout: '', stderr: '' };
  return await Promise.race([
    ended.then(
      ({ stdout, stderr }) => ({ stdout, stderr }),
      () => nothing,
    ),
    sleep(lastOutputMs, nothing, { ref: false }),
  ]);
}

function accessTo(
  { env }: Context,
  { paths }: ThrowawayMachine,
  { host, port }: LaunchedCopy['plan']['ssh'],
  signal: AbortSignal,
): GuestAccess {
  return {
    host,
    port,
    login,
    machineId: paths.id.replaceAll('/', '-'),
    sshDir: paths.sshDir,
    runtimeDir: paths.runtimeDir,
    bootMark: 'the only one',
    // QEMU has just bound it, or would have ended.
    checkPort: () => Promise.resolve(),
    env,
    signal,
  };
}
