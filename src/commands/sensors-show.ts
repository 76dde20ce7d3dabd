import { formatSensors } from '../config/sensor-setting.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { followFeed } from '../sensors/feed.ts';
import { createTally } from '../sensors/tally.ts';
import { sensorTable } from '../ui/sensors.ts';
import { listeningEnd, type ListenOptions } from '../sensors/listening.ts';
import { chooseFeed } from '../lifecycle/launch/choose-feed.ts';

const redrawMs = 500;
/** Without a terminal that somebody looks at: long enough for every node of the simulation. */
const defaultSeconds = 10;

/**
 * `utopia sensors show`: the newest reading of every node and what was wrong with
 * the stream; drawn anew on a terminal until Ctrl-C, elsewhere printed once.
 */
export async function runSensorsShow(
  context: Context,
  globals: GlobalOptions,
  options: ListenOptions,
): Promise<void> {
  const { terminal } = context;
  const feed = await chooseFeed(context, globals, options.from);
  const live = terminal.stdout.isTTY && terminal.animated && !globals.json;
  const seconds = options.seconds ?? (live ? undefined : defaultSeconds);
  const tally = createTally();
  let newestNote = '';
  let drawnLines = 0;

  const draw = (isLast = false): void => {
    const lines = [
      ...sensorTable(tally.read(), context.now().getTime()),
      '',
      `${formatSensors(feed)}: ${newestNote}`.slice(0, terminal.columns),
      ...(isLast ? [] : ['Ctrl-C ends']),
    ].slice(0, terminal.stdout.rows - 1);
    // Up to where the last drawing began, and clear from there.
    const back = drawnLines === 0 ? '' : `\u001B[${drawnLines}A\u001B[J`;
    terminal.stdout.write(`${back}${terminal.shown(lines.join('\n'))}\n`);
    drawnLines = lines.length;
  };

  const end = listeningEnd(context.signal, { seconds });
  const timer = live ? setInterval(() => draw(), redrawMs) : undefined;
  try {
    await followFeed(
      feed,
      {
        frame: (bytes) => tally.add(bytes, context.now().getTime()),
        note: (text) => {
          newestNote = text;
          if (!live && !globals.quiet && !globals.json) terminal.err(`  ${text}`);
        },
      },
      end.signal,
    );
  } finally {
    end.stop();
    clearInterval(timer);
  }
  if (live) {
    draw(true);
    return;
  }
  const result = tally.read();
  if (globals.json) terminal.json({ schema: 1, feed: formatSensors(feed), ...result });
  else for (const line of sensorTable(result, context.now().getTime())) terminal.out(line);
}
