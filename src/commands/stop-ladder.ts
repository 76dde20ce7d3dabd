import { closeShared } from '../guest/shared-connection.ts';
import type { Context } from '../context.ts';
import { lockMachine } from '../machine/lock.ts';
import type { MachinePaths } from '../machine/paths.ts';
import { findRunning, forgetRunning, type RunningMachine } from '../machine/state.ts';
import { stopMachine, type StopOptions, type StopStep } from '../machine/stop.ts';
import { connectQmp, type QmpClient } from '../qmp/client.ts';
import { powerDown, quit } from '../qmp/queries.ts';

/** What each way of ending a machine is called when it is reported. */
export const stopStepTexts: Readonly<Record<StopStep, string>> = {
  'powered-down': 'the guest powered down',
  quit: 'the plug was pulled',
  terminated: 'QEMU did not answer and was ended by SIGTERM',
  killed: 'QEMU did not react and was killed',
  gone: 'it had ended already',
};

/** Stops this machine by the ladder of machine/stop.ts, through its QMP socket for commands. */
export async function stopRunning(
  running: RunningMachine,
  paths: MachinePaths,
  options: StopOptions,
): Promise<StopStep> {
  const socket = running.state?.plan.files.qmpSocket ?? paths.qmpSocket;
  let client: QmpClient | undefined;
  // The connection stays open for both requests; QEMU's end closes it.
  const monitor = async (): Promise<QmpClient> => (client ??= await connectQmp(socket));
  try {
    return await stopMachine(
      running.qemu,
      {
        powerDown: async () => powerDown(await monitor()),
        quit: async () => quit(await monitor()),
      },
      options,
    );
  } finally {
    client?.close();
  }
}

/** Removes the sockets, shared connections and the pid file of a machine that has ended, unless another has started since. */
export async function forgetEnded(context: Context, paths: MachinePaths): Promise<void> {
  const lock = await lockMachine(paths.lockFile, { waitMs: 5_000, signal: context.urgentSignal });
  try {
    if ((await findRunning(paths)) !== undefined) return;
    await closeShared(paths.runtimeDir, context.env);
    await forgetRunning(paths);
  } finally {
    await lock.release();
  }
}
