import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReadStream } from 'node:tty';
import { readRegularFile } from '../system/regular-file.ts';
import { createSplitter } from './frame.ts';
import { tickMs } from './simulate.ts';

/** Opens a source of sensor bytes; it ends or throws when the source does. */
export type OpenFeed = (note: (text: string) => void, signal: AbortSignal) => AsyncIterable<Buffer>;

const connectMs = 10_000;
/** A feed that says nothing for so long has lost its connection without word of it. */
const silenceMs = 120_000;

/** A server of the lab: it sends from the moment of the connection. */
export function openTcp(host: string, port: number): OpenFeed {
  return async function* follow(note, signal) {
    const socket = connect({ host, port, signal, keepAlive: true, keepAliveInitialDelay: 30_000 });
    socket.setTimeout(connectMs);
    socket.once('connect', () => {
      note(`connected to ${host}:${port}`);
      socket.setTimeout(silenceMs);
    });
    socket.once('timeout', () => {
      const seconds = (socket.connecting ? connectMs : silenceMs) / 1000;
      socket.destroy(new Error(`${host}:${port} has said nothing for ${seconds} s`));
    });
    try {
      for await (const chunk of socket) yield chunk as Buffer;
    } finally {
      socket.destroy();
    }
  };
}

/** Largest recording that is replayed: a day of the lab's stream. */
const mostReplayBytes = 64 * 1024 * 1024;

/** The frames of a recording. Throws where it cannot be read or holds none. */
export async function readRecording(file: string): Promise<readonly Buffer[]> {
  const frames = createSplitter().push(await readRegularFile(file, mostReplayBytes));
  if (frames.length === 0) throw new Error(`${file} holds no frame of the sensor stream`);
  return frames;
}

/** A recorded stream, a frame at a time at the pace of the simulation, over and over. */
export function openReplay(file: string): OpenFeed {
  return async function* replay(note, signal) {
    const frames = await readRecording(file);
    note(`replaying ${frames.length} frames of ${file}`);
    for (let next = 0; !signal.aborted; next += 1) {
      const frame = frames[next % frames.length];
      if (frame !== undefined) yield frame;
      await sleep(tickMs, undefined, { signal });
    }
  };
}

/** A receiver at a serial port: 57600 8N1, raw, whatever its modem lines say. */
const lineSettings = ['57600', 'raw', '-echo', 'cs8', '-parenb', '-cstopb', 'clocal', '-crtscts'];

/** A base station of one's own, such as /dev/ttyUSB0. */
export function openSerial(device: string): OpenFeed {
  return async function* follow(note, signal) {
    const { execa } = await import('execa');
    const set = await execa('stty', ['-F', device, ...lineSettings], {
      cancelSignal: signal,
      timeout: connectMs,
      reject: false,
      env: { LC_ALL: 'C' },
    });
    if (set.failed) throw new Error(set.stderr.trim() || `stty cannot set up ${device}`);
    const { constants } = await import('node:fs');
    const handle = await open(
      device,
      constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK,
    );
    const stream = new ReadStream(handle.fd);
    signal.addEventListener('abort', () => stream.destroy(), { once: true });
    note(`reading ${device}`);
    try {
      for await (const chunk of stream) yield chunk as Buffer;
    } finally {
      stream.destroy();
      // The stream has closed the descriptor; the handle must not try again later.
      await handle.close().catch(() => {});
    }
  };
}
