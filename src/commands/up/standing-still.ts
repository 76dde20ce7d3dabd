import type { Context, GlobalOptions } from '../../context.ts';
import { lockMachine } from '../../machine/lock.ts';
import { findRunning, forgetRunning, type RunningMachine } from '../../machine/state.ts';
import { queryStatus, resume } from '../../qmp/queries.ts';
import { hasHalted } from '../guest-state/look.ts';
import { forgetSuspended } from '../../vmstate/suspended.ts';
import type { LocatedMachine } from '../locate.ts';
import { withMonitor } from '../monitor.ts';
import { stopRunning } from '../stop-ladder.ts';
import { readReleased, type ReleasedGuest } from '../time/released-shares.ts';
import { wakeGuest, wakeIfUp } from '../time/wake.ts';
import { printCard } from './say.ts';

/** Another utopia may be saving or restoring it: it stands still for that long. */
const lockWaitMs = 5_000;

/**
 * A machine that stands still because the utopia that saved or restored it was
 * killed. One that was paused goes on, one that was not woken gets its clock set and its share
 * back, and true is given. A QEMU that waits for a
 * state that nobody brings any more is ended: its machine is still suspended. So is the
 * QEMU of a guest that has halted: it is off, and starts anew.
 * Throws `machine-busy` while another utopia holds the machine.
 */
export async function goOnIfPaused(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
): Promise<boolean> {
  const { config, paths } = located;
  if ((await findStandingStill(context, located)) === undefined) return false;
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal: context.signal });
  try {
    const found = await findStandingStill(context, located);
    if (found === undefined) return false;
    const { running, why } = found;
    if (why === 'unrestored' || why === 'halted') {
      if (why === 'halted' && !globals.quiet) {
        context.terminal.err(`${config.name} had halted; it starts anew.`);
      }
      await stopRunning(running, paths, { powerDownMs: 0, hurry: context.urgentSignal });
      await forgetRunning(paths);
      return false;
    }
    if (why === 'paused') {
      await withMonitor(context, located, running, resume);
      // Its disk moves away from what was saved, if that was whole.
      await forgetSuspended(running.state?.plan.overlay ?? config.privateFile);
    }
    const released = (await readReleased(paths, running.qemu)) ?? { mounts: [] };
    const wake = why === 'paused' ? wakeIfUp : wakeGuest;
    const trouble = await wake(context, located, running, released);
    const { terminal } = context;
    const what = why === 'paused' ? 'stood still, and goes on' : wakeText(released, trouble);
    if (!globals.quiet) terminal.err(`${config.name} ${what}.`);
    if (trouble !== undefined) terminal.err(`  ${trouble}`);
    if (running.state !== undefined) {
      await printCard(context, globals, located, running.state, false);
    }
    return true;
  } finally {
    await lock.release();
  }
}

function wakeText({ mounts }: ReleasedGuest, trouble: string | undefined): string {
  if (mounts.length === 0) return trouble === undefined ? 'has the right time again' : 'runs on';
  return trouble === undefined ? 'has its share again' : 'runs without its share';
}

type StandingStill = 'paused' | 'unrestored' | 'unwoken' | 'halted';

async function findStandingStill(
  context: Context,
  located: LocatedMachine,
): Promise<{ readonly running: RunningMachine; readonly why: StandingStill } | undefined> {
  const running = await findRunning(located.paths);
  if (running === undefined) return undefined;
  try {
    const [status, halted] = await withMonitor(context, located, running, async (client) => {
      const { status: state, running: runs } = await queryStatus(client);
      return [state, state === 'shutdown' || (runs && (await hasHalted(client)))] as const;
    });
    if (halted) return { running, why: 'halted' };
    if (status === 'inmigrate') return { running, why: 'unrestored' };
    // `postmigrate`: it has been saved, and was to end.
    if (status === 'paused' || status === 'postmigrate') return { running, why: 'paused' };
    const unwoken = (await readReleased(located.paths, running.qemu)) !== undefined;
    return unwoken ? { running, why: 'unwoken' } : undefined;
  } catch {
    // What does not answer is told by the refusal to start it twice.
    return undefined;
  }
}
