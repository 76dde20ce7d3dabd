import { noOutput } from '../../system/bounded-output.ts';
import { crashHeadline, crashSeverity } from '../../crash/headline.ts';
import { reportCrash, type CrashReport, type RepeatedCrash } from '../../crash/crash-report.ts';
import { exitStatus, UtopiaError } from '../../errors.ts';
import type { LeftOut } from './archive-tree.ts';
import type { CommandEnd, CommandOutput } from './wait-for-command.ts';
import type { BroughtBack } from './copy-back.ts';
import type { CopyRun } from './copy-run.ts';
import { isForeverInTheWay } from '../../system/out-of-space.ts';

/** What became of a run; each has its own exit status, which the command's may equal. */
export type RunOutcome =
  | 'exited'
  | 'timed-out'
  | 'crashed'
  | 'not-started'
  | 'busy'
  | 'ended'
  /** It exited, and what it had written could not be brought back. */
  | 'not-copied'
  /** A fault of utopia's own. */
  | 'bug';

/** Who is the reason that a run did not pass: what was run and its guest, or this host and utopia. */
export type Fault = 'command' | 'host';

/** `utopia run --json`. */
export interface RunReport {
  readonly schema: 1;
  readonly command: readonly string[];
  readonly outcome: RunOutcome;
  /** The status of `utopia run` itself. */
  readonly status: number;
  /** The command's own; null where it has none. */
  readonly commandStatus: number | null;
  /** The snapshot that it was a copy of; null for a copy of the image. */
  readonly from: string | null;
  /** It went on from a warm base, or the snapshot's memory, instead of booting. */
  readonly warm: boolean;
  /** The kernel that it was to boot directly; absent for the disk's own, its version null where the image could not be read. */
  readonly kernel?: { readonly name: string; readonly version: string | null };
  /** From the start of `utopia run` to the command's, and the command's own time. */
  readonly startMs: number;
  readonly commandMs: number;
  /**
   * What the command printed until its end, or the machine's: all, or start and end of it
   * (--max-output). With --json, --each and --commands only.
   */
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that it printed. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** One of the two is not all of it. */
  readonly truncated: boolean;
  /**
   * Null for one that passed, or was interrupted. What befell a guest in which the command had
   * begun is the command's: it is root there.
   */
  readonly fault: Fault | null;
  /** Paths of --copy-out that were not brought back: not there, or the command did not end by itself. */
  readonly notCopied: readonly string[];
  /** What is there in the guest and was left there: links that lead out, devices. The first twenty. */
  readonly leftOut: readonly LeftOut[];
  /** The folder of the machine that the copy became (--keep). */
  readonly kept: string | null;
  /** What the guest's kernel had to report while it ran. */
  readonly crashes: readonly CrashReport[];
  /** Numbers of `utopia crash list` under which its crashes are kept; absent where nobody asked. */
  readonly keptCrashes?: readonly number[];
  /** The console of a copy that crashed, which is kept; `utopia oops --log` reads it. */
  readonly consoleLog: string | null;
  /** Why it did not start, or how it ended, as a sentence. */
  readonly message: string | null;
}

export interface RunFacts {
  readonly words: readonly string[];
  readonly end: CommandEnd;
  readonly output: CommandOutput;
  readonly crashes: readonly RepeatedCrash[];
  readonly timeoutMs: number | undefined;
  readonly from: string | undefined;
  readonly warm: boolean;
  readonly startMs: number;
  readonly commandMs: number;
  readonly back: BroughtBack;
  readonly consoleLog: string | undefined;
  readonly keptCrashes: readonly number[] | undefined;
}

/** Whether the kernel did not survive what it reports, or not wholly: a panic or an oops. Pure. */
export function isFatal(crash: RepeatedCrash): boolean {
  const severity = crashSeverity(crash);
  return severity === 'panic' || severity === 'oops';
}

/** What a run comes to: a crash counts before everything else, since it explains the rest. Pure. */
export function judgeRun(facts: RunFacts): RunReport {
  const { end, crashes, output } = facts;
  return {
    schema: 1,
    command: facts.words,
    ...outcomeOf(facts),
    commandStatus: end.kind === 'exited' ? end.status : null,
    from: facts.from ?? null,
    warm: facts.warm,
    startMs: facts.startMs,
    commandMs: facts.commandMs,
    ...reportOutput(output),
    notCopied: facts.back.notCopied,
    leftOut: facts.back.leftOut,
    kept: null,
    crashes: crashes.map(reportCrash),
    ...(facts.keptCrashes === undefined ? {} : { keptCrashes: facts.keptCrashes }),
    consoleLog: facts.consoleLog ?? null,
  };
}

function reportOutput({
  stdout,
  stderr,
}: CommandOutput): Pick<
  RunReport,
  'stdout' | 'stderr' | 'stdoutBytes' | 'stderrBytes' | 'truncated'
> {
  return {
    stdout: stdout.text,
    stderr: stderr.text,
    stdoutBytes: stdout.bytes,
    stderrBytes: stderr.bytes,
    truncated: stdout.truncated || stderr.truncated,
  };
}

type Verdict = Pick<RunReport, 'outcome' | 'status' | 'fault' | 'message'>;

function outcomeOf({ end, crashes, timeoutMs = 0, back }: RunFacts): Verdict {
  const fatal = crashes.find(isFatal);
  if (fatal !== undefined || end.kind === 'crashed') {
    const what = fatal === undefined ? 'kernel panic' : crashHeadline(fatal);
    const message = `The guest's kernel crashed: ${what}.`;
    return { outcome: 'crashed', status: exitStatus.kernelCrashed, fault: 'command', message };
  }
  if (end.kind === 'exited') return outcomeOfExit(end.status, back.failure);
  if (end.kind === 'killed') {
    const status = exitStatus.interrupted;
    return { outcome: 'ended', status, fault: null, message: 'Interrupted.' };
  }
  const late = end.kind === 'timed-out' || end.kind === 'silent';
  return {
    outcome: late ? 'timed-out' : 'ended',
    status: late ? exitStatus.timedOut : exitStatus.unavailable,
    fault: 'command',
    message: describeEnd(end, timeoutMs),
  };
}

function outcomeOfExit(status: number, failure: UtopiaError | undefined): Verdict {
  if (failure === undefined) {
    return { outcome: 'exited', status, fault: status === 0 ? null : 'command', message: null };
  }
  return {
    outcome: 'not-copied',
    status: failure.status,
    fault: isForeverInTheWay(failure) ? 'host' : 'command',
    message: [failure.message, ...failure.details, failure.hint ?? ''].join(' ').trim(),
  };
}

function describeEnd(
  end: Exclude<CommandEnd, { readonly kind: 'exited' | 'crashed' | 'killed' }>,
  timeoutMs: number,
): string {
  switch (end.kind) {
    case 'timed-out':
      return `The command was ended after ${timeoutMs / 1000} s.`;
    case 'silent':
      return `The guest did not answer for ${Math.floor(end.silentMs / 1000)} s.`;
    case 'gone':
      return `The guest ${end.how} before the command was over.`;
    case 'flooded':
      return `The guest wrote more than ${Math.floor(end.bytes / 2 ** 20)} MB to its console.`;
    case 'lost':
      return end.why;
    case 'paused':
      return 'The guest is paused at a crash.';
    default:
      return end satisfies never;
  }
}

/** What ended a run on purpose, an interruption in our own words; undefined for a bug. */
export function asRunFailure(signal: AbortSignal, error: unknown): UtopiaError | undefined {
  if (error instanceof UtopiaError) return error;
  const aborted = signal.aborted && error instanceof Error && error.name === 'AbortError';
  return aborted ? new UtopiaError('interrupted', 'Interrupted.') : undefined;
}

/** The report of a run that did not come to its command, or lost it. Pure. */
export function reportFailure(
  { words, from, begun }: Pick<CopyRun, 'words' | 'from'> & { readonly begun: boolean },
  error: UtopiaError | Error,
  startMs: number,
): RunReport {
  if (!(error instanceof UtopiaError)) {
    const failed = reportFailure({ words, from, begun }, new UtopiaError('usage', ''), startMs);
    const message = `utopia has a bug: ${error.stack ?? error.message}`;
    return { ...failed, outcome: 'bug', status: exitStatus.bug, fault: 'host', message };
  }
  const interrupted = error.code === 'interrupted';
  const lost = begun || interrupted;
  return {
    schema: 1,
    command: words,
    outcome: lost ? 'ended' : error.status === exitStatus.tryAgain ? 'busy' : 'not-started',
    status: error.status,
    // This host's disk is no fault of what ran, and no verdict on it.
    fault: interrupted ? null : begun && !isForeverInTheWay(error) ? 'command' : 'host',
    commandStatus: null,
    from: from ?? null,
    warm: false,
    startMs,
    commandMs: 0,
    ...reportOutput({ stdout: noOutput, stderr: noOutput }),
    notCopied: [],
    leftOut: [],
    kept: null,
    crashes: [],
    consoleLog: null,
    message: error.message,
  };
}
