import { setTimeout as sleep } from 'node:timers/promises';
import { openDeadline } from '../system/deadline.ts';
import type { SensorFeed } from '../config/machine-config.ts';
import { followFeed } from './feed.ts';
import { openGuestLine } from './guest-line.ts';

/** What a bridge between a feed and a machine's serial port needs. */
export interface BridgeOptions {
  readonly feed: SensorFeed;
  /** QEMU's listening socket of the guest's second serial port. */
  readonly socketPath: string;
  /** Whether the bridge's machine still runs. */
  readonly isMachineAlive: () => Promise<boolean>;
  /** A line of the log, without time. */
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Between two looks whether the machine is still there. */
const lookMs = 500;

/**
 * Carries frames from the feed to the guest until the machine ends or `signal`
 * aborts, whatever becomes of the feed. Resolves then.
 */
export async function runBridge(options: BridgeOptions): Promise<void> {
  const { feed, socketPath, log, isMachineAlive } = options;
  const end = openDeadline(undefined, options.signal);
  const { signal } = end;
  const line = openGuestLine(
    socketPath,
    {
      reading: (isRead) =>
        log(
          isRead
            ? 'the guest reads its serial port'
            : 'nobody reads the serial port in the guest: frames are dropped',
        ),
    },
    signal,
  );
  const following = followFeed(feed, { frame: line.offer, note: log }, signal);
  try {
    while (!signal.aborted && (await isMachineAlive())) {
      await sleep(lookMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    end.abort();
    end.stop();
    await Promise.all([following, line.ended]);
    log(`ended: ${line.delivered} frames delivered, ${line.dropped} dropped`);
  }
}
