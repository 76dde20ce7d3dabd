import type { Duplex } from 'node:stream';
import { UtopiaError, messageOf } from '../errors.ts';
import {
  createFrameReader,
  encodeFrame,
  readNumber,
  type AgentFrame,
  type FrameType,
} from './agent-frames.ts';

/** What takes a frame of the agent; resolves when the next one may come. */
export type TakeFrame = (frame: AgentFrame) => Promise<void> | undefined;

/**
 * The frames of one conversation. What comes from a guest is taken for what it is: a frame
 * that nobody has asked for, or that says nonsense, ends the conversation.
 */
export interface AgentLink {
  send(type: FrameType, payload?: Uint8Array | string): void;
  /** Greets: `words` are the clock and random bytes. Resolves with the agent's answer. */
  greet(words: string): Promise<void>;
  /** What the agent says until its next status, 0 to 255; `take` gets the frames before. */
  untilStatus(take: TakeFrame): Promise<number>;
  /**
   * Asks for a sign of life, and gives the milliseconds for which there was none although
   * asked for; 0 while it is we who do not listen.
   */
  askSilence(): number;
  /** Ends the conversation, with `error` for who waits. */
  lose(error?: Error): void;
}

/** A status is what exit(2) passes on: the low 8 bits. */
const highestStatus = 255;

/** Opens the conversation over a connection. Nothing is sent. */
export function openAgentLink(stream: Duplex): AgentLink {
  const read = createFrameReader();
  let take: TakeFrame | undefined;
  let settle: ((status: number) => void) | undefined;
  /** Greetings that are not answered yet, and who waits for the latest answer. */
  let greetings = 0;
  let answered: (() => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  let listening = true;
  /** performance.now() since when an answer is owed; undefined when none is. */
  let owedSince: number | undefined;
  const cut = new Promise<never>((_resolve, reject) => (fail = reject));
  cut.catch(() => {});

  const lose = (error?: Error): void => {
    stream.destroy();
    fail?.(error ?? refusal('The guest’s agent has ended the conversation.'));
  };
  stream.on('error', lose).on('close', () => lose());

  function receiveOne(frame: AgentFrame): Promise<void> | undefined {
    const { type, payload } = frame;
    if (type === 'R') {
      if (greetings === 0) throw nonsense('a greeting that nobody asked for');
      greetings -= 1;
      if (greetings === 0) owedSince = undefined;
      answered?.();
      return undefined;
    }
    if (take === undefined) throw nonsense('words that nobody asked for');
    if (type !== 'Q') return take(frame);
    const status = readNumber(payload, highestStatus);
    if (status === undefined) throw nonsense(`a status of ${quoteStart(payload)}`);
    take = undefined;
    settle?.(status);
    return undefined;
  }

  async function receive(frames: readonly AgentFrame[]): Promise<void> {
    for (const frame of frames) {
      const taken = receiveOne(frame);
      if (taken === undefined) continue;
      listening = false;
      stream.pause();
      await taken;
    }
    if (!listening && owedSince !== undefined) owedSince = performance.now();
    listening = true;
    stream.resume();
  }
  let received = Promise.resolve();
  stream.on('data', (chunk: Buffer) => {
    owedSince = greetings > 0 ? performance.now() : undefined;
    try {
      const frames = read(chunk);
      received = received.then(() => receive(frames)).catch(lose);
    } catch (error) {
      lose(nonsense(messageOf(error)));
    }
  });

  const send = (type: FrameType, payload: Uint8Array | string = ''): void =>
    void stream.write(encodeFrame(type, payload));
  const sendGreeting = (words: string): void => {
    greetings += 1;
    owedSince ??= performance.now();
    send('H', words);
  };

  return {
    send,
    lose,
    greet: async (words) => {
      const answer = new Promise<void>((resolve) => (answered = resolve));
      sendGreeting(words);
      await Promise.race([answer, cut]);
    },
    untilStatus: async (takeFrame) => {
      const status = new Promise<number>((resolve) => (settle = resolve));
      take = takeFrame;
      return await Promise.race([status, cut]);
    },
    askSilence: () => {
      if (!listening) return 0;
      const silentMs = owedSince === undefined ? 0 : performance.now() - owedSince;
      // A greeting without a time sets no clock: every agent answers it, also beside a command.
      if (greetings === 0) sendGreeting('0 0');
      return silentMs;
    },
  };
}

/** Enough of a payload to know it by. */
function quoteStart(payload: Buffer): string {
  return JSON.stringify(payload.toString('latin1', 0, 20));
}

/** What no agent says. The guest has made it up, or has lost its way. */
export function nonsense(what: string): UtopiaError {
  return refusal(`The guest’s agent answered nonsense: ${what}.`);
}

/** A conversation that came to nothing. */
export function refusal(message: string): UtopiaError {
  return new UtopiaError('guest-refused', message, { hint: 'utopia run --cold goes without it.' });
}
