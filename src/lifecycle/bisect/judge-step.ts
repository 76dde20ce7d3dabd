import { exitStatus, type UtopiaError } from '../../errors.ts';
import type { RunReport } from '../throwaway/run-verdict.ts';
import type { CommandEnd } from '../throwaway/wait-for-command.ts';

/** What is said of a commit; `stop` says nothing of it, and ends git bisect run. */
export type Verdict = 'good' | 'bad' | 'skip' | 'stop';

/** What a kernel that does not come up says of its commit. */
export type BootFailureIs = 'skip' | 'bad';

/** How a step went. */
export type StepEnd =
  /** The commit has no kernel's source: one of a history that was merged into it, say. */
  | { readonly kind: 'no-kernel'; readonly error: UtopiaError }
  | { readonly kind: 'not-built'; readonly error: UtopiaError }
  /** Thrown on the way to TEST, or once it had begun. */
  | { readonly kind: 'thrown'; readonly error: UtopiaError; readonly begun: boolean }
  | {
      readonly kind: 'ran';
      readonly report: Pick<RunReport, 'outcome' | 'commandStatus' | 'message' | 'fault'>;
      readonly end: CommandEnd;
    };

export interface StepVerdict {
  readonly verdict: Verdict;
  /** What utopia ends with, as `git bisect run` reads it. */
  readonly status: number;
  /** A sentence; undefined for a TEST that passed. */
  readonly why: string | undefined;
}

/**
 * Statuses of `git bisect run` (git-bisect(1)): 0 is good, 1 to 127 but for 125 is bad, 125 skips
 * the commit, anything else ends the bisection. Of 126 and 127, which a shell gives for what it
 * cannot run, git (since 2.36) asks a good commit at its first step whether they are the test's fault.
 */
export const bisectStatus = { good: 0, bad: 1, skip: 125, stop: 128 } as const;

/** Troubles of the guest before TEST begins: its kernel did not bring it so far. */
const bootFailures: ReadonlySet<string> = new Set(['boot-failed', 'guest-lost', 'ssh-unavailable']);

/** What a step comes to. Pure. */
export function judgeStep(end: StepEnd, bootFailureIs: BootFailureIs): StepVerdict {
  switch (end.kind) {
    case 'no-kernel':
    case 'not-built':
      return say('skip', end.error.message);
    case 'thrown':
      return judgeThrown(end, bootFailureIs);
    case 'ran':
      return judgeRun(end);
    default:
      return end satisfies never;
  }
}

/** A verdict with its own status. Pure. */
function say(verdict: Verdict, why: string | undefined, status?: number): StepVerdict {
  return { verdict, status: status ?? bisectStatus[verdict], why };
}

function judgeThrown(
  { error, begun }: Extract<StepEnd, { kind: 'thrown' }>,
  bootFailureIs: BootFailureIs,
): StepVerdict {
  const { code, message } = error;
  if (code === 'interrupted') return say('stop', message, exitStatus.interrupted);
  if (code === 'kernel-build-failed') return say('skip', message);
  // It runs, and cannot be tested so: without 9p, it says nothing of what is looked for.
  if (code === 'guest-refused') return say('skip', message);
  if (!bootFailures.has(code)) return say('stop', message);
  return say(begun ? 'bad' : bootFailureIs, message);
}

function judgeRun({ report, end }: Extract<StepEnd, { kind: 'ran' }>): StepVerdict {
  const { outcome, commandStatus, fault } = report;
  const why = report.message ?? undefined;
  if (end.kind === 'killed') return say('stop', why, exitStatus.interrupted);
  if (outcome === 'crashed' || outcome === 'timed-out') return say('bad', why);
  // QEMU has ended, by nobody in the guest: the kernel is not known to be the reason.
  if (end.kind === 'gone' && end.how === 'ended') {
    return say('stop', 'QEMU ended before TEST did, and not by its guest.');
  }
  if (fault === 'host') return say('stop', why);
  if (outcome !== 'exited' || commandStatus === null) return say('bad', why);
  if (commandStatus === 0) return say('good', undefined);
  const ended = `TEST ended with status ${commandStatus}`;
  if (commandStatus === bisectStatus.skip) return say('skip', `${ended}.`);
  if (commandStatus === 126 || commandStatus === 127) {
    const not = commandStatus === 126 ? 'not executable' : 'not found';
    return say('bad', `${ended}, as for a command that is ${not} in the guest.`, commandStatus);
  }
  return say('bad', `${ended}.`);
}
