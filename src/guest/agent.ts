import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../errors.ts';
import { createFrameReader, encodeFrame, type Frame } from './agent-frames.ts';
import { feedInput, type InputFeed } from './agent-input.ts';

/** Where a command's output goes; resolves when more may come. */
export type TakeOutput = (chunk: Buffer) => Promise<void> | undefined;

/** The streams of a command in the guest. */
export interface AgentStreams {
  /** Undefined for a command that reads nothing. */
  readonly stdin: Readable | undefined;
  readonly stdout: TakeOutput;
  readonly stderr: TakeOutput;
}

/** A conversation with the agent of one guest. */
export interface Agent {
  /** Runs shell text and gives its status, 128 + N for a signal. One at a time. */
  run(script: string, streams: AgentStreams): Promise<number>;
  /**
   * Mounts the 9p share `shared` at a folder, which is made. Gives the status, 0 for
   * success; `complain` hears the guest's word.
   */
  mount(folder: string, options: MountOptions, complain: TakeOutput): Promise<number>;
  /**
   * Waits until somebody in the guest opens this named pipe for reading, some seconds long,
   * and lets him wait for the first file of the next `writeFiles`. Gives the status, 0 for success.
   */
  holdPipe(path: string): Promise<number>;
  /** Writes files, each in one step, and sees them onto the disk; gives the status, 0 for success, `complain` hears the guest's word. */
  writeFiles(files: readonly AgentFile[], complain: TakeOutput): Promise<number>;
  /** Lets the agent remove these files, see all onto the disk, and end. */
  finish(remove: readonly string[]): Promise<number>;
  /** For the command that runs, and its children. */
  signal(name: NodeJS.Signals): void;
  /** Ends the conversation; a command under way is given up on. */
  close(): void;
}

export interface MountOptions {
  readonly writable: boolean;
  /** As 9p reads them: `trans=virtio,…`. */
  readonly options: string;
}

/** A file for the guest; neither its path nor its text has a NUL. */
export interface AgentFile {
  readonly path: string;
  /** Octal, `0600`. */
  readonly mode: string;
  readonly text: string;
}

export interface GreetOptions {
  readonly signal: AbortSignal;
  /** Until the agent's answer. */
  readonly timeoutMs: number;
  /** The host's clock, which the guest takes over; undefined leaves it as it is. */
  readonly now?: Date | undefined;
}

/** Connects to the agent's port. QEMU opens it before it runs. Throws `guest-refused`. */
export async function connectAgent(socketPath: string, options: GreetOptions): Promise<Agent> {
  const socket = connect(socketPath);
  return await greetAgent(socket, options);
}

/** Hands clock and random bytes to an agent and waits for its word. Throws `guest-refused`. */
export async function greetAgent(link: Duplex, options: GreetOptions): Promise<Agent> {
  const { signal, timeoutMs, now } = options;
  const read = createFrameReader();
  let waiting: ((frame: Frame) => Promise<void> | undefined) | undefined;
  let fail: ((error: Error) => void) | undefined;
  const cut = new Promise<never>((_resolve, reject) => (fail = reject));
  cut.catch(() => {});
  const lose = (error?: Error): void => {
    link.destroy();
    fail?.(error ?? refusal('The guest’s agent has ended the conversation.'));
  };
  link.on('error', lose).on('close', () => lose());

  async function receive(frames: readonly Frame[]): Promise<void> {
    for (const frame of frames) {
      const taken = waiting?.(frame);
      if (taken === undefined) continue;
      link.pause();
      await taken;
    }
    link.resume();
  }
  let received = Promise.resolve();
  link.on('data', (chunk: Buffer) => {
    try {
      const frames = read(chunk);
      received = received.then(() => receive(frames)).catch(lose);
    } catch (error) {
      lose(error as Error);
    }
  });

  const ready = new Promise<void>((resolve) => {
    waiting = ({ type }) => void (type === 'R' && resolve());
  });
  const waitOver = new AbortController();
  try {
    const clock = now === undefined ? '0 0' : clockText(now);
    link.write(encodeFrame('H', `${clock} ${randomBytes(32).toString('hex')}`));
    const late = sleep(timeoutMs, undefined, {
      signal: AbortSignal.any([signal, waitOver.signal]),
    }).then(() => {
      throw refusal(`The guest’s agent did not answer in ${timeoutMs / 1000} s.`);
    });
    await Promise.race([ready, cut, late]);
  } catch (error) {
    link.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    waitOver.abort();
  }

  /** What the agent says until its next status. */
  async function untilStatus(take: (frame: Frame) => Promise<void> | undefined): Promise<number> {
    const status = new Promise<number>((resolve) => {
      waiting = (frame) => {
        if (frame.type === 'Q') resolve(Number(frame.payload.toString()));
        return take(frame);
      };
    });
    return await Promise.race([status, cut]);
  }

  return {
    mount: async (folder, { writable, options: words }, complain) => {
      link.write(encodeFrame('M', [writable ? '0' : readOnlyFlag, words, folder].join('\0')));
      return await untilStatus(({ type, payload }) =>
        type === 'T' ? complain(payload) : undefined,
      );
    },
    holdPipe: async (path) => {
      link.write(encodeFrame('F', path));
      return await untilStatus(() => undefined);
    },
    writeFiles: async (files, complain) => {
      const parts = files.flatMap(({ mode, path, text }) => [mode, path, text]);
      link.write(encodeFrame('W', parts.join('\0')));
      return await untilStatus(({ type, payload }) =>
        type === 'T' ? complain(payload) : undefined,
      );
    },
    finish: async (remove) => {
      link.write(encodeFrame('Z', remove.join('\0')));
      return await untilStatus(() => undefined);
    },
    run: async (script, { stdin, stdout, stderr }) => {
      link.write(encodeFrame('X', script));
      let input: InputFeed | undefined;
      if (stdin === undefined) link.write(encodeFrame('E'));
      else input = feedInput(stdin, (frame) => link.write(frame));
      try {
        return await untilStatus(({ type, payload }) => {
          if (type === 'O') return stdout(payload);
          if (type === 'T') return stderr(payload);
          if (type === 'A') input?.taken(Number(payload.toString()));
          return undefined;
        });
      } finally {
        input?.stop();
      }
    },
    signal: (name) => void link.write(encodeFrame('S', String(constants.signals[name]))),
    close: () => lose(),
  };
}

/** Runs shell text that reads nothing; gives its status, and what it printed. */
export async function askAgent(
  agent: Agent,
  script: string,
): Promise<{ readonly status: number; readonly stdout: string }> {
  const said: Buffer[] = [];
  const status = await agent.run(script, {
    stdin: undefined,
    stdout: (chunk) => void said.push(chunk),
    stderr: () => undefined,
  });
  return { status, stdout: Buffer.concat(said).toString() };
}

/** MS_RDONLY of mount(2). */
const readOnlyFlag = '1';

function clockText(now: Date): string {
  const ms = now.getTime();
  return `${Math.floor(ms / 1000)} ${(ms % 1000) * 1_000_000}`;
}

function refusal(message: string): UtopiaError {
  return new UtopiaError('guest-refused', message, { hint: 'utopia run --cold goes without it.' });
}
