import { formatSensors } from '../config/sensors.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { readTail } from '../guest/file-tail.ts';
import { findBridge } from '../machine/sensor-bridge.ts';
import { findRunning, refuseUnreadable } from '../machine/state.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';

const shownLines = 8;
const readBytes = 16 * 1024;

/** `utopia sensors`: what the running machine gets, and the last words of its bridge. */
export async function runSensorsStatus(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal } = context;
  const { config, paths } = await locateMachine(context, globals);
  const running = await findRunning(paths);
  if (running !== undefined) refuseUnreadable(paths, running);
  const bridge = running === undefined ? undefined : await findBridge(paths);
  const text = (await readTail(paths.sensorsLog, readBytes))?.bytes.toString() ?? '';
  const log = text.split('\n').filter((line) => line !== '');
  const configured = formatSensors(config.sensors);
  if (globals.json) {
    const feed = bridge?.feed;
    const pid = bridge?.alive === true ? bridge.process.pid : undefined;
    const device = running?.state?.plan.sensorPort === true ? '/dev/ttyS1' : undefined;
    terminal.json({ schema: 1, configured, feed, device, pid, log: paths.sensorsLog });
    return;
  }
  if (running === undefined) {
    terminal.out(`${config.name} is not running. From the next utopia up: ${configured}.`);
  } else if (running.state?.plan.sensorPort !== true) {
    terminal.out(`${config.name} was started without a sensor feed; it has no /dev/ttyS1.`);
    terminal.out('utopia down, then utopia up --sensors sim, or set UTOPIA_SENSORS.');
    return;
  } else if (bridge?.alive === true) {
    terminal.out(
      `${bridge.feed} is at /dev/ttyS1 of ${config.name} (bridge: pid ${bridge.process.pid}).`,
    );
  } else {
    terminal.out(`The bridge of ${config.name} has ended; nothing comes at /dev/ttyS1.`);
    terminal.out(`utopia sensors use ${bridge?.feed ?? configured}`);
  }
  for (const line of log.slice(-shownLines)) terminal.out(`  ${line}`);
}
