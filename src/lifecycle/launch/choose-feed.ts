import { absolutePath } from '../../config/file.ts';
import { readSensors, resolveSensors } from '../../config/sensor-setting.ts';
import { Refusal } from '../../config/setting.ts';
import type { SensorFeed } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import { findBridge } from '../../machine/sensor-bridge.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { locateMachine } from './locate.ts';

/** A feed as typed at the command line; its path starts at the current folder. Throws `usage`. */
export function parseFeed({ cwd }: Pick<LifecycleContext, 'cwd'>, text: string): SensorFeed {
  const feed = readSensors(text);
  if (feed instanceof Refusal) {
    throw new UtopiaError('usage', `"${text}" ${feed.message}.`, {
      hint: feed.hint ?? 'Write sim, tcp:HOST:PORT, replay:FILE or serial:DEVICE.',
    });
  }
  return resolveSensors(feed, (path) => absolutePath(cwd, path));
}

/**
 * The feed that a command listens to: the one typed, else what the running machine
 * gets, else the config's. Throws `usage` when that is none.
 */
export async function chooseFeed(
  context: LifecycleContext,
  globals: LifecycleOptions,
  typed: string | undefined,
): Promise<SensorFeed> {
  if (typed !== undefined) return parseFeed(context, typed);
  const { config, paths } = await locateMachine(context, globals);
  const bridge = await findBridge(paths);
  const feed = bridge?.alive === true ? parseFeed(context, bridge.feed) : config.sensors;
  if (feed.kind !== 'none') return feed;
  throw new UtopiaError('usage', 'No sensor feed is configured (UTOPIA_SENSORS is none).', {
    hint: 'Name one: --from sim, --from tcp:HOST:PORT, --from replay:FILE',
  });
}
