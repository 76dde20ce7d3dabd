import { formatSensors } from '../../config/sensor-setting.ts';
import type { SensorFeed } from '../../config/machine-config.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { startBridge } from '../../machine/sensor-bridge.ts';
import type { ProcessIdentity } from '../../system/process.ts';
import type { LocatedMachine } from './locate.ts';

/** Starts the bridge from a feed (by default the config's) to this QEMU's second serial port. */
export async function bridgeSensors(
  context: LifecycleContext,
  { config, paths }: LocatedMachine,
  qemu: ProcessIdentity,
  options: { readonly feed?: SensorFeed; readonly append?: boolean } = {},
): Promise<void> {
  const feed = formatSensors(options.feed ?? config.sensors);
  const command = [
    ...context.program,
    'sensors',
    'bridge',
    feed,
    paths.sensorsSocket,
    String(qemu.pid),
  ];
  await startBridge(command, feed, paths, context.env, options.append);
}
