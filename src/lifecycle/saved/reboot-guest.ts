import { UtopiaError } from '../../errors.ts';
import { closeShared } from '../../guest/shared-connection.ts';
import { lockMachine } from '../../machine/lock.ts';
import { findRunning, writeState, type RunningMachine } from '../../machine/state.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { requireSuspended } from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import {
  shutDownGuest,
  startGuestAnew,
  type RebootOptions,
  type RebootStep,
} from '../watch/reset-guest.ts';
import { forgetReleased } from './released-shares.ts';

/** Another utopia may be starting, saving or tidying up this machine. */
const lockWaitMs = 5_000;

/** Has the guest shut down, or resets it, and lets it boot anew; under the machine's lock. `check` may refuse. */
export async function rebootGuest(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  options: Pick<RebootOptions, 'force' | 'timeoutMs'>,
  display: ProgressDisplay,
  {
    check = async () => {},
    bootAnew,
  }: {
    readonly check?: () => Promise<void>;
    /** What starts it again instead of a reset, also after one that it made itself. */
    readonly bootAnew?: () => Promise<void>;
  } = {},
): Promise<RebootStep> {
  const { paths } = located;
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal: context.signal });
  try {
    await check();
    display.report({ kind: 'moved', title: 'reboot', detail: 'shutting down' });
    const step = await shutDownGuest(context, located, running, options, display);
    // What was done to the old boot is of no use to the new one.
    await forgetReleased(paths);
    await closeShared(paths.runtimeDir, context.env);
    if (running.state !== undefined) {
      const { readyAt: _readyAt, ...state } = running.state;
      await writeState(paths, state);
    }
    if (bootAnew !== undefined) await bootAnew();
    else if (step !== 'rebooted') await startGuestAnew(context, located, running);
    return step;
  } finally {
    await lock.release();
  }
}

/** Throws `machine-not-running` for a machine that is suspended, with what leads on. */
export async function refuseSuspended({ config, paths }: LocatedMachine): Promise<void> {
  if ((await findRunning(paths)) !== undefined) return;
  if ((await requireSuspended(config.privateFile)) === undefined) return;
  throw new UtopiaError(
    'machine-not-running',
    `${config.name} is suspended: it is not running, and cannot reboot.`,
    { hint: 'utopia up, then utopia reboot; or utopia up --cold (what it has in memory is lost)' },
  );
}
