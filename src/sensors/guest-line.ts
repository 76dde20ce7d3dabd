import { setTimeout as sleep } from 'node:timers/promises';
import { decodeFrame } from './frame.ts';
import { decodeReading } from './sensor-reading.ts';
import { writeFrame } from './write-frame.ts';

/** Least time between the starts of two frames, in ms: the driver takes one packet from what it receives at once. */
const leastGapMs = 105;
/** A frame that is not taken for so long: nobody reads, and what comes meanwhile is dropped. */
const unreadMs = 1_000;

/** What happens on the way into the guest. */
export interface LineListener {
  /** Somebody in the guest has begun to read, or has stopped. */
  readonly reading: (isRead: boolean) => void;
}

/** The guest's serial port, seen from outside. */
export interface GuestLine {
  /** Hands over the bytes of one write; what nobody reads is dropped. */
  readonly offer: (bytes: Buffer) => void;
  readonly delivered: number;
  readonly dropped: number;
  /** Ends when `signal` does. */
  readonly ended: Promise<void>;
}

/**
 * Writes frames to QEMU's socket, each over a connection of its own that is closed
 * behind it: QEMU reads on only as long as the guest takes the bytes, and reaches
 * the end of the connection only then. So its closing says that the frame has
 * arrived, at most one is under way, and nothing lies in any buffer while nobody
 * reads. (A socket that stays open takes two hundred frames before it blocks.)
 *
 * Frames that come faster than the guest may get them wait, the newest of each node.
 */
export function openGuestLine(
  socketPath: string,
  listener: LineListener,
  signal: AbortSignal,
): GuestLine {
  const waiting = new Map<string, Buffer>();
  let wake: (() => void) | undefined;
  let underWaySince: number | undefined;
  let delivered = 0;
  let dropped = 0;
  // Unknown until the first frame has met its fate.
  let isRead: boolean | undefined;

  signal.addEventListener('abort', () => wake?.(), { once: true });

  function drop(count: number): void {
    dropped += count;
  }

  function offer(bytes: Buffer): void {
    if (underWaySince !== undefined && performance.now() - underWaySince > unreadMs) {
      drop(1 + waiting.size);
      waiting.clear();
      return;
    }
    const key = senderOf(bytes);
    if (waiting.delete(key)) drop(1);
    waiting.set(key, bytes);
    wake?.();
  }

  function setRead(now: boolean): void {
    if (now !== isRead) listener.reading(now);
    isRead = now;
  }

  async function deliver(bytes: Buffer): Promise<void> {
    underWaySince = performance.now();
    const fate = await writeFrame(socketPath, bytes, signal);
    const tookMs = performance.now() - underWaySince;
    underWaySince = undefined;
    if (fate === 'taken') delivered += 1;
    else drop(1);
    // QEMU that does not listen yet, or has ended, says nothing about the guest.
    if (fate !== 'unreachable' && !signal.aborted) setRead(fate === 'taken');
    await sleep(Math.max(0, leastGapMs - tookMs), undefined, { signal });
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const [next] = waiting;
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      waiting.delete(next[0]);
      await deliver(next[1]);
    }
  }

  return {
    offer,
    ended: run().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    }),
    get delivered() {
      return delivered;
    },
    get dropped() {
      return dropped;
    },
  };
}

/** What newer bytes replace: the same node's, the same type's. */
function senderOf(bytes: Buffer): string {
  const packet = decodeFrame(bytes);
  if (typeof packet === 'string') return packet;
  const reading = decodeReading(packet);
  return reading === undefined ? `type ${packet.amType}` : `node ${reading.node}`;
}
