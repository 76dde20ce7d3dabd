import { lockMachine } from '../../machine/lock.ts';
import { findRunning, forgetRunning, type RunningMachine } from '../../machine/state.ts';
import { closeGdbStub, queryGdbStub } from '../../qmp/gdb-stub.ts';
import { queryStatus, resume } from '../../qmp/queries.ts';
import { isReachable } from '../../system/look.ts';
import { forgetSuspended } from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';
import { hasHalted } from '../watch/guest-state.ts';
import { stopRunning } from '../watch/stop-escalation.ts';
import { readReleased, type ReleasedGuest } from './released-shares.ts';
import { wakeGuest, wakeIfUp } from './wake.ts';

/** Another utopia may be saving or restoring it: the guest is paused for that long. */
const lockWaitMs = 5_000;

/** What became of a machine that was not simply running. */
export type PausedOutcome =
  /** It runs again; `why` is what it was, `trouble` what went wrong, as a sentence. */
  | {
      readonly kind: 'resumed';
      readonly why: 'paused' | 'unwoken';
      readonly running: RunningMachine;
      readonly released: ReleasedGuest;
      readonly trouble: string | undefined;
    }
  /** Its QEMU was ended: it starts anew, or from what was saved. */
  | { readonly kind: 'ended'; readonly why: 'unrestored' | 'halted' };

/**
 * Resumes a machine that is paused because the utopia that saved or restored it was killed. One
 * that was not woken gets its clock set and its share back. A QEMU that waits for a state that
 * nobody brings any more is ended: its machine is still suspended. So is the QEMU of a guest that
 * has halted: it is off. Gives undefined for a machine that simply runs, or does not. Throws
 * `machine-busy` while another utopia holds the machine.
 */
export async function resumePaused(
  context: LifecycleContext,
  located: LocatedMachine,
): Promise<PausedOutcome | undefined> {
  const { config, paths } = located;
  if ((await findPaused(context, located)) === undefined) return undefined;
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal: context.signal });
  try {
    const found = await findPaused(context, located);
    if (found === undefined) return undefined;
    const { running, why } = found;
    if (why === 'unrestored' || why === 'halted') {
      await stopRunning(running, paths, { powerDownMs: 0, hurry: context.urgentSignal });
      await forgetRunning(paths);
      return { kind: 'ended', why };
    }
    if (why === 'paused' && (await isReachable(paths.crashPauseFile))) {
      // It was stopped as it was, and lacks nothing; it may be dead, and answer nobody.
      await letRun(context, located, running);
      return { kind: 'resumed', why, running, released: { mounts: [] }, trouble: undefined };
    }
    if (why === 'paused') {
      await letRun(context, located, running);
      // Its disk moves away from what was saved, if that was whole.
      await forgetSuspended(running.state?.plan.overlay ?? config.privateFile);
    }
    const released = (await readReleased(paths, running.qemu)) ?? { mounts: [] };
    const wake = why === 'paused' ? wakeIfUp : wakeGuest;
    const trouble = await wake(context, located, running, released);
    return { kind: 'resumed', why, running, released, trouble };
  } finally {
    await lock.release();
  }
}

/** Resumes the guest; the breakpoints of a debugger that was killed would stop it again. */
async function letRun(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
): Promise<void> {
  await withMonitor(context, located, running, async (client) => {
    if ((await queryGdbStub(client)) !== 'closed') {
      await closeGdbStub(client, located.paths.gdbSocket, true);
    }
    const { status } = await queryStatus(client);
    if (status !== 'running') await resume(client);
  });
}

type PausedKind = 'paused' | 'unrestored' | 'unwoken' | 'halted';

async function findPaused(
  context: LifecycleContext,
  located: LocatedMachine,
): Promise<{ readonly running: RunningMachine; readonly why: PausedKind } | undefined> {
  const running = await findRunning(located.paths);
  if (running === undefined) return undefined;
  try {
    const [status, halted, debugged] = await withMonitor(
      context,
      located,
      running,
      async (client) => {
        const { status: state, running: runs } = await queryStatus(client);
        const off = state === 'shutdown' || (runs && (await hasHalted(client)));
        return [state, off, (await queryGdbStub(client)) === 'attached'] as const;
      },
    );
    // It is the debugger's: it goes on when that lets it.
    if (debugged) return undefined;
    if (halted) return { running, why: 'halted' };
    if (status === 'inmigrate') return { running, why: 'unrestored' };
    // `postmigrate`: it has been saved, and was to end.
    // `prelaunch`: it was started for a debugger.
    // `debug`: at a breakpoint of a debugger that was killed.
    if (['paused', 'debug', 'postmigrate', 'prelaunch'].includes(status)) {
      return { running, why: 'paused' };
    }
  } catch {
    // What does not answer is told by the refusal to start it twice.
    return undefined;
  }
  const unwoken = (await readReleased(located.paths, running.qemu)) !== undefined;
  return unwoken ? { running, why: 'unwoken' } : undefined;
}
