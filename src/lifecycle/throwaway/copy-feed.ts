import type { Config, SensorFeed } from '../../config/machine-config.ts';
import { formatSensors } from '../../config/sensor-setting.ts';
import { messageOf, UtopiaError } from '../../errors.ts';
import { feedInOrder, orderedTicks, type RepeatableFeed } from '../../sensors/ordered-feed.ts';
import { readRecording } from '../../sensors/feed-sources.ts';

/** The feed of a copy that runs. */
export interface CopyFeed {
  /** Ends it. */
  stop(): Promise<void>;
}

/**
 * The feed that copies get, looked at before any starts: undefined for none. Throws `usage` for one
 * that is not the same for every copy, and for a recording that is none.
 */
export async function requireCopyFeed({
  sensors,
}: Pick<Config, 'sensors'>): Promise<RepeatableFeed | undefined> {
  if (sensors.kind === 'none') return undefined;
  if (!isRepeatable(sensors)) {
    throw new UtopiaError(
      'usage',
      `Copies do not get ${formatSensors(sensors)}: each would read something else.`,
      { hint: 'Record it and replay that: utopia sensors record FILE, --sensors replay:FILE' },
    );
  }
  if (sensors.kind === 'replay') {
    await readRecording(sensors.file).catch((error: unknown) => {
      throw new UtopiaError('usage', `The recording cannot be replayed: ${messageOf(error)}`, {
        hint: 'Make one: utopia sensors record FILE',
        cause: error,
      });
    });
  }
  return sensors;
}

function isRepeatable(feed: SensorFeed): feed is RepeatableFeed {
  return feed.kind === 'sim' || feed.kind === 'replay';
}

/** Starts the feed of one copy, in this process: it ends with it at the latest. */
export function startCopyFeed(feed: RepeatableFeed, sensorsSocket: string): CopyFeed {
  const end = new AbortController();
  const fed = feedInOrder(orderedTicks(feed), sensorsSocket, end.signal).catch(() => {});
  return {
    stop: async () => {
      end.abort();
      await fed;
    },
  };
}
