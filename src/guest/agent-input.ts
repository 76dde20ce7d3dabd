import type { Readable } from 'node:stream';
import { readNumber, type FrameType } from './agent-frames.ts';

/** Bytes of input that the agent may hold and its command has not read yet. */
const windowBytes = 256 * 1024;
const pieceBytes = 32 * 1024;

/** Input on its way to a command. */
export interface InputFeed {
  /** The agent's word that the command has read so many bytes: more may follow. False for what cannot be. */
  taken(count: Uint8Array): boolean;
  /** Nobody reads it any more. */
  stop(): void;
}

/**
 * Sends what a stream brings, never more than the command is about to read: a
 * signal behind it must not wait for a command that does not read its input.
 */
export function feedInput(
  stdin: Readable,
  send: (type: FrameType, payload?: Uint8Array) => void,
): InputFeed {
  let under = 0;
  let ended = false;
  const pass = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      send('I', chunk.subarray(at, at + pieceBytes));
    }
    under += chunk.length;
    if (under >= windowBytes) stdin.pause();
  };
  const end = (): void => {
    if (!ended) send('E');
    ended = true;
  };
  // A stdin that cannot be read has nothing to say.
  stdin.on('data', pass).once('end', end).once('error', end);
  return {
    taken: (count) => {
      const bytes = readNumber(count, under);
      if (bytes === undefined) return false;
      under -= bytes;
      if (under < windowBytes && stdin.isPaused()) stdin.resume();
      return true;
    },
    stop: () => {
      ended = true;
      stdin.off('data', pass).off('end', end);
      // An open stdin would keep this process from ending.
      stdin.destroy();
    },
  };
}
