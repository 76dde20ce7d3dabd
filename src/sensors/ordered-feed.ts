import { setTimeout as sleep } from 'node:timers/promises';
import type { SensorFeed } from '../config/machine-config.ts';
import { amTypes, encodeFrame } from './frame.ts';
import { simulateTick, tickMs } from './simulate.ts';
import { readRecording } from './feed-sources.ts';
import { writeFrame } from './write-frame.ts';

/** A feed that is the same for everybody who reads it from its start. */
export type RepeatableFeed = Extract<SensorFeed, { kind: 'sim' | 'replay' }>;

/** The bytes of one write, or nothing at that tick. */
export type Tick = Buffer | undefined;

/**
 * What goes before the feed, a second of it: a port is opened and set up frame by frame (stty, then
 * a line discipline), and what is lost meanwhile must be no reading.
 */
const leadIn = 8;

/** The ticks of a feed from its start: its lead-in, then a simulation from tick 0, or a recording over and over. */
export async function* orderedTicks(feed: RepeatableFeed): AsyncGenerator<Tick, never> {
  const recording = feed.kind === 'replay' ? await readRecording(feed.file) : undefined;
  for (let tick = 0; tick < leadIn; tick += 1) {
    yield encodeFrame({ amType: amTypes.beacon, payload: Buffer.from([tick, 0]) });
  }
  for (let tick = 0; ; tick += 1) {
    yield feed.kind === 'sim'
      ? simulateTick(tick, feed.faults)
      : recording?.[tick % recording.length];
  }
}

/**
 * An unread UART holds one byte, which is lost when the port is opened. This one is, instead of a
 * frame's first; a driver that reads already skips what is no flag.
 */
const filler = Buffer.of(0);

/**
 * Gives a guest, whose QEMU listens at `socketPath`, the ticks in their order until `signal` aborts:
 * each when the one before it was taken, none dropped, so that the guest's speed changes no byte.
 */
export async function feedInOrder(
  ticks: AsyncIterable<Tick>,
  socketPath: string,
  signal: AbortSignal,
): Promise<void> {
  await writeFrame(socketPath, filler, signal);
  for await (const bytes of ticks) {
    if (bytes !== undefined) await deliver(bytes, socketPath, signal);
    if (signal.aborted) return;
    await pause(signal);
  }
}

async function deliver(bytes: Buffer, socketPath: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const fate = await writeFrame(socketPath, bytes, signal);
    if (fate === 'taken') return;
    if (fate === 'unreachable') await pause(signal);
  }
}

/** Ends early, and without a fuss, when `signal` aborts. */
async function pause(signal: AbortSignal): Promise<void> {
  await sleep(tickMs, undefined, { signal }).catch(() => {});
}
