import { formatSensors } from '../config/sensors.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { endBridge } from '../machine/sensor-bridge.ts';
import { lockMachine } from '../machine/lock.ts';
import { findRunning, refuseUnreadable } from '../machine/state.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { parseFeed } from './sensors/feed.ts';
import { bridgeSensors } from '../lifecycle/launch/start-sensor-bridge.ts';

const lockWaitMs = 5_000;

/** `utopia sensors use FEED`: another feed for the running machine, until it ends. */
export async function runSensorsUse(
  context: Context,
  globals: GlobalOptions,
  text: string,
): Promise<void> {
  const feed = parseFeed(context, text);
  const located = await locateMachine(context, globals);
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
        { hint: `utopia down, then utopia up --sensors ${text}` },
      );
    }
    await endBridge(paths);
    if (feed.kind !== 'none') {
      await bridgeSensors(context, located, running.qemu, { feed, append: true });
    }
  } finally {
    await lock.release();
  }
  if (globals.json) context.terminal.json({ schema: 1, feed: formatSensors(feed) });
  else context.terminal.out(`${formatSensors(feed)} is at /dev/ttyS1 of ${config.name} now.`);
}

function notRunning(name: string): UtopiaError {
  return new UtopiaError('machine-not-running', `${name} is not running.`, {
    hint: 'utopia up --sensors sim',
  });
}
