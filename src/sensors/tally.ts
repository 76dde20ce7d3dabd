import { createSplitter, decodeFrame } from './frame.ts';
import { convertReading, decodeReading, type Measured, type RawReading } from './sensor-reading.ts';

/** What is known of a node. */
export interface NodeTally extends Measured {
  readonly node: number;
  readonly raw: RawReading;
  readonly frames: number;
  /** Of the newest frame, in ms since 1970. */
  readonly seenAtMs: number;
}

/** What a stream has brought so far. */
export interface StreamTally {
  /** By node; also those that should not be, such as node 0. */
  readonly nodes: readonly NodeTally[];
  readonly sensorFrames: number;
  /** Frames of other AM types, which the driver ignores. */
  readonly otherFrames: number;
  readonly crcFailures: number;
  readonly truncated: number;
}

/** Counts the frames of a stream and keeps the newest reading of each node. */
export interface Tally {
  /** Bytes of the stream, whatever their chunks. */
  add(chunk: Uint8Array, nowMs: number): void;
  read(): StreamTally;
}

/** A tally of nothing yet. */
export function createTally(): Tally {
  const splitter = createSplitter();
  const nodes = new Map<number, NodeTally>();
  const counts = { sensorFrames: 0, otherFrames: 0, crcFailures: 0, truncated: 0 };

  function addFrame(frame: Uint8Array, seenAtMs: number): void {
    const packet = decodeFrame(frame);
    if (packet === 'bad-crc') counts.crcFailures += 1;
    else if (packet === 'truncated') counts.truncated += 1;
    else {
      const raw = decodeReading(packet);
      if (raw === undefined) {
        counts.otherFrames += 1;
        return;
      }
      counts.sensorFrames += 1;
      const frames = (nodes.get(raw.node)?.frames ?? 0) + 1;
      nodes.set(raw.node, { node: raw.node, raw, frames, seenAtMs, ...convertReading(raw) });
    }
  }

  return {
    add: (chunk, nowMs) => {
      for (const frame of splitter.push(chunk)) addFrame(frame, nowMs);
    },
    read: () => ({ nodes: [...nodes.values()].toSorted((a, b) => a.node - b.node), ...counts }),
  };
}
