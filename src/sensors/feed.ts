import { setTimeout as sleep } from 'node:timers/promises';
import type { SensorFeed } from '../config/machine-config.ts';
import { createSplitter } from './frame.ts';
import { openReplay, openSerial, openTcp, type OpenFeed } from './feed-sources.ts';
import { simulateTick, tickMs } from './simulate.ts';
import { messageOf } from '../errors.ts';

/** What following a feed tells: bytes for the line, and what befalls the feed. */
export interface FeedListener {
  /** A frame; from a simulation with faults perhaps less or more than one. */
  readonly frame: (bytes: Buffer) => void;
  /** A sentence for the log or the terminal. */
  readonly note: (text: string) => void;
}

/** Pauses between attempts to reach a feed, in ms; the last one stays. */
export const backOffMs = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000] as const;

/**
 * Follows a feed until `signal` aborts: connects, cuts its bytes into frames,
 * connects again when it ends, later and later while nothing comes of it. Never
 * rejects: a feed that cannot be had is a note.
 */
export async function followFeed(
  feed: SensorFeed,
  listener: FeedListener,
  signal: AbortSignal,
): Promise<void> {
  if (feed.kind === 'none') return;
  if (feed.kind === 'sim') await simulate(feed, listener, signal);
  else await keepConnected(openerOf(feed), listener, signal);
}

function openerOf(feed: Exclude<SensorFeed, { kind: 'none' | 'sim' }>): OpenFeed {
  switch (feed.kind) {
    case 'tcp':
      return openTcp(feed.host, feed.port);
    case 'replay':
      return openReplay(feed.file);
    case 'serial':
      return openSerial(feed.device);
    default:
      return feed satisfies never;
  }
}

async function simulate(
  { faults }: Extract<SensorFeed, { kind: 'sim' }>,
  { frame, note }: FeedListener,
  signal: AbortSignal,
): Promise<void> {
  note(`the simulation runs${faults.length === 0 ? '' : `, with ${faults.join(', ')}`}`);
  while (!signal.aborted) {
    const now = Date.now();
    const bytes = simulateTick(Math.floor(now / tickMs), faults);
    if (bytes !== undefined) frame(bytes);
    await pause(tickMs - (now % tickMs), signal);
  }
}

async function keepConnected(
  open: OpenFeed,
  { frame, note }: FeedListener,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const splitter = createSplitter();
    let frames = 0;
    try {
      for await (const chunk of open(note, signal)) {
        for (const each of splitter.push(chunk)) {
          frame(each);
          frames += 1;
          failures = 0;
        }
      }
      if (!signal.aborted) note(`the feed ended after ${frames} frames`);
    } catch (error) {
      if (signal.aborted) return;
      note(`no feed: ${messageOf(error)}`);
    }
    const wait = backOffMs[Math.min(failures, backOffMs.length - 1)] ?? 0;
    failures += 1;
    note(`trying again in ${wait / 1000} s`);
    await pause(wait, signal);
  }
}

/** Ends early, and without a fuss, when `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
