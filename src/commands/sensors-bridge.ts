import { readSensors } from '../config/sensor-setting.ts';
import { Refusal } from '../config/setting.ts';
import type { Context } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { formatLocalTime } from '../text/local-time.ts';
import { identifyProcess, isAlive } from '../system/process.ts';
import { runBridge } from '../sensors/bridge.ts';

export interface BridgeArguments {
  /** UTOPIA_SENSORS with absolute paths. */
  readonly feed: string;
  /** QEMU's socket of the guest's second serial port. */
  readonly socket: string;
  /** QEMU's process. */
  readonly pid: number;
}

/** `utopia sensors bridge`: what `up` starts beside QEMU. Ends with it, or on SIGTERM. */
export async function runSensorBridge(
  context: Context,
  { feed: written, socket, pid }: BridgeArguments,
): Promise<void> {
  const feed = readSensors(written);
  if (feed instanceof Refusal) {
    throw new UtopiaError('usage', `The feed ${written} ${feed.message}.`, { hint: 'utopia up' });
  }
  const qemu = await identifyProcess(pid);
  if (qemu === undefined) return;
  await runBridge({
    feed,
    socketPath: socket,
    isMachineAlive: async () => await isAlive(qemu),
    log: (text) => context.terminal.out(`${formatLocalTime(context.now())}  ${text}`),
    signal: context.signal,
  });
}
