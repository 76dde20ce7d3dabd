import type { SensorFeed } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import { lockMachine } from '../../machine/lock.ts';
import { endBridge } from '../../machine/sensor-bridge.ts';
import { findRunning, refuseUnreadable } from '../../machine/state.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from './locate.ts';
import { bridgeSensors } from './start-sensor-bridge.ts';

const lockWaitMs = 5_000;

/**
 * Gives the running machine another feed, until it ends; `typed` is how a person wrote it. Throws
 * `machine-not-running`, also for one without a second serial port, and `machine-busy`.
 */
export async function changeFeed(
  context: LifecycleContext,
  located: LocatedMachine,
  feed: SensorFeed,
  typed: string,
): Promise<void> {
  const { paths, config } = located;
  const lock = await lockMachine(paths.lockFile, {
    waitMs: lockWaitMs,
    signal: context.signal,
  }).catch((error: NodeJS.ErrnoException) => {
    // The state folder is made by the first start.
    if (error.code === 'ENOENT') throw notRunning(config.name);
    throw error;
  });
  try {
    const running = await findRunning(paths);
    if (running === undefined) throw notRunning(config.name);
    refuseUnreadable(paths, running);
    if (running.state?.plan.sensorPort !== true) {
      throw new UtopiaError(
        'machine-not-running',
        `${config.name} was started without a second serial port: no feed can be given to it.`,
        { hint: `utopia down, then utopia up --sensors ${typed}` },
      );
    }
    await endBridge(paths);
    if (feed.kind !== 'none') {
      await bridgeSensors(context, located, running.qemu, { feed, append: true });
    }
  } finally {
    await lock.release();
  }
}

function notRunning(name: string): UtopiaError {
  return new UtopiaError('machine-not-running', `${name} is not running.`, {
    hint: 'utopia up --sensors sim',
  });
}
