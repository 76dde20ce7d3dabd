import { formatSensors } from '../config/sensor-setting.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { findSensors } from '../lifecycle/watch/find-sensors.ts';
import { describeSensors } from '../ui/sensors.ts';

/** `utopia sensors`: what the running machine gets, and the last words of its bridge. */
export async function runSensorsStatus(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal } = context;
  const located = await locateMachine(context, globals);
  const found = await findSensors(located);
  const configured = formatSensors(located.config.sensors);
  if (globals.json) {
    const { feed, pid, hasPort } = found;
    const device = hasPort ? '/dev/ttyS1' : undefined;
    const log = located.paths.sensorsLog;
    terminal.json({ schema: 1, configured, feed, device, pid, log });
    return;
  }
  const shown = { name: located.config.name, configured, ...found };
  for (const line of describeSensors(shown)) terminal.out(line);
}
