import { formatSensors } from '../config/sensor-setting.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { changeFeed } from '../lifecycle/launch/change-feed.ts';
import { parseFeed } from '../lifecycle/launch/choose-feed.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';

/** `utopia sensors use FEED`: another feed for the running machine, until it ends. */
export async function runSensorsUse(
  context: Context,
  globals: GlobalOptions,
  text: string,
): Promise<void> {
  const feed = parseFeed(context, text);
  const located = await locateMachine(context, globals);
  await changeFeed(context, located, feed, text);
  if (globals.json) context.terminal.json({ schema: 1, feed: formatSensors(feed) });
  else
    context.terminal.out(`${formatSensors(feed)} is at /dev/ttyS1 of ${located.config.name} now.`);
}
