import { rm } from 'node:fs/promises';
import { closeShared } from '../../guest/shared-connection.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { lockMachine } from '../../machine/lock.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRunning, forgetRunning, type RunningMachine } from '../../machine/state.ts';
import { stopMachine, type Prospect, type StopOptions, type StopStep } from '../../machine/stop.ts';
import { connectMonitor } from '../launch/monitor.ts';
import type { QmpClient } from '../../qmp/client.ts';
import { closeGdbStub, queryGdbStub } from '../../qmp/gdb-stub.ts';
import { powerDown, queryStatus, quit, resume } from '../../qmp/queries.ts';
import { isLeftPaused } from './stopped-guest.ts';
import { lookAtGuest, type GuestState } from './guest-state.ts';

/** How a guest was found that is to be stopped. */
export type StopState = GuestState | { readonly kind: 'unstarted' };
type LostStopState = Exclude<StopState, { readonly kind: 'well' }>;

/** What each way of ending a machine is called when it is reported. */
export const stopStepTexts: Readonly<Record<StopStep, string>> = {
  'powered-down': 'the guest powered down',
  quit: 'the plug was pulled',
  terminated: 'QEMU did not answer and was ended by SIGTERM',
  killed: 'QEMU did not react and was killed',
  gone: 'it had ended already',
};

/** Why a plug was pulled that the guest itself did not need pulled, before how it was. */
export const stopReasonTexts: Readonly<Record<LostStopState['kind'], string>> = {
  unstarted: 'the guest had not begun to run',
  halted: 'the guest had halted',
  panicked: 'its kernel had panicked',
  'locked-up': 'a processor was locked up',
};

/** What the power button is worth to a guest in this state. */
const prospects: Readonly<Record<GuestState['kind'], Prospect>> = {
  well: 'hears',
  halted: 'dead',
  panicked: 'dead',
  'locked-up': 'hangs',
};

/** Longest time for a look at the guest: a QEMU that does not answer is asked to end all the same. */
const lookMs = 5_000;

export interface StopRunningOptions extends StopOptions {
  /** QEMU's panic device was heard. */
  readonly panicHeard?: boolean;
  /** How the guest was found at each look; the last one is why it was not waited for any longer. */
  readonly onState?: (state: StopState) => void;
}

/**
 * Stops this machine by the ladder of machine/stop.ts, through its QMP socket for commands. A guest
 * that was seen to have halted or panicked is not waited for, one that hangs for ten seconds only.
 */
export async function stopRunning(
  running: RunningMachine,
  paths: MachinePaths,
  options: StopRunningOptions,
): Promise<StopStep> {
  let client: QmpClient | undefined;
  // The connection stays open for both requests; QEMU's end closes it.
  const untilEnd = { signal: new AbortController().signal, now: () => new Date() };
  const monitor = async (): Promise<QmpClient> =>
    (client ??= await connectMonitor(untilEnd, paths, running));
  const { panicHeard = false } = options;
  const look = async (): Promise<Prospect> => {
    const qmp = await monitor();
    // One that `up --debug` has left before its first instruction has nothing that could hear.
    if ((await queryStatus(qmp)).status === 'prelaunch') {
      options.onState?.({ kind: 'unstarted' });
      return 'dead';
    }
    const guest = { running, paths, panicHeard, toBeStopped: true };
    const state = await lookAtGuest(qmp, guest);
    options.onState?.(state);
    return prospects[state.kind];
  };
  try {
    return await stopMachine(
      running.qemu,
      {
        powerDown: async () => {
          const qmp = await monitor();
          // A guest that a debugger has stopped, or would stop, hears no button.
          if ((await queryGdbStub(qmp)) !== 'closed') {
            await closeGdbStub(qmp, paths.gdbSocket, true);
          }
          if (await isLeftPaused(paths, qmp)) await resume(qmp);
          await powerDown(qmp);
        },
        quit: async () => quit(await monitor()),
        prospect: async () =>
          await Promise.race([look(), sleep<Prospect>(lookMs, 'hears', { ref: false })]),
      },
      options,
    );
  } finally {
    client?.close();
  }
}

/** Removes the sockets, shared connections and the pid file of a machine that has ended, unless another has started since. */
export async function forgetEnded(context: LifecycleContext, paths: MachinePaths): Promise<void> {
  const options = { waitMs: 5_000, signal: context.urgentSignal };
  const lock = await lockMachine(paths.lockFile, options).catch((error: unknown) => {
    // The run that made a copy has removed it, with all that there was to forget.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (lock === undefined) return;
  try {
    if ((await findRunning(paths)) !== undefined) return;
    await closeShared(paths.runtimeDir, context.env);
    await forgetRunning(paths);
    await rm(paths.rescueDir, { recursive: true, force: true });
  } finally {
    await lock.release();
  }
}
