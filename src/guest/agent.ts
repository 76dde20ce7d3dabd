import type { TakeOutput } from '../system/take-output.ts';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepOutput } from '../system/bounded-output.ts';
import { openDeadline } from '../system/deadline.ts';
import { feedInput, type InputFeed } from './agent-input.ts';
import { nonsense, openAgentLink, refusal, type AgentLink } from './agent-link.ts';

/** The streams of a command in the guest. */
export interface AgentStreams {
  /** Undefined for a command that reads nothing. */
  readonly stdin: Readable | undefined;
  readonly stdout: TakeOutput;
  readonly stderr: TakeOutput;
}

/** A conversation with the agent of one guest. */
export interface Agent {
  /** Runs shell text and gives its status, 0 to 255, 128 + N for a signal. One at a time. */
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
  /** Asks for a sign of life; gives the milliseconds for which there was none although asked for. */
  askSilence(): number;
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
  readonly now?: (() => Date) | undefined;
}

/** Connects to the agent's port. QEMU opens it before it runs. Throws `guest-refused`. */
export async function connectAgent(socketPath: string, options: GreetOptions): Promise<Agent> {
  const socket = connect(socketPath);
  return await greetAgent(socket, options);
}

/** Hands clock and random bytes to an agent and waits for its word. Throws `guest-refused`. */
export async function greetAgent(stream: Duplex, options: GreetOptions): Promise<Agent> {
  const { signal, timeoutMs, now } = options;
  const link = openAgentLink(stream);
  const waitOver = openDeadline(undefined, signal);
  try {
    const random = randomBytes(32).toString('hex');
    const ready = now === undefined ? link.greet(`0 0 ${random}`) : setClock(link, now, random);
    const late = sleep(timeoutMs, undefined, {
      signal: waitOver.signal,
    }).then(() => {
      throw refusal(`The guest’s agent did not answer in ${timeoutMs / 1000} s.`);
    });
    await Promise.race([ready, late]);
  } catch (error) {
    link.lose();
    signal.throwIfAborted();
    throw error;
  } finally {
    waitOver.abort();
    waitOver.stop();
  }

  const quietly = async (): Promise<number> => await link.untilStatus(() => undefined);
  const hearing = async (complain: TakeOutput): Promise<number> =>
    await link.untilStatus(({ type, payload }) => (type === 'T' ? complain(payload) : undefined));

  return {
    mount: async (folder, { writable, options: words }, complain) => {
      link.send('M', [writable ? '0' : readOnlyFlag, words, folder].join('\0'));
      return await hearing(complain);
    },
    holdPipe: async (path) => {
      link.send('F', path);
      return await quietly();
    },
    writeFiles: async (files, complain) => {
      const parts = files.flatMap(({ mode, path, text }) => [mode, path, text]);
      link.send('W', parts.join('\0'));
      return await hearing(complain);
    },
    finish: async (remove) => {
      link.send('Z', remove.join('\0'));
      return await quietly();
    },
    run: async (script, { stdin, stdout, stderr }) => {
      link.send('X', script);
      let input: InputFeed | undefined;
      if (stdin === undefined) link.send('E');
      else input = feedInput(stdin, (type, payload) => link.send(type, payload));
      try {
        return await link.untilStatus(({ type, payload }) => {
          if (type === 'O') return stdout(payload);
          if (type === 'T') return stderr(payload);
          if (input?.taken(payload) !== true) throw nonsense('input that it was not given');
          return undefined;
        });
      } finally {
        input?.stop();
      }
    },
    signal: (name) => link.send('S', String(constants.signals[name])),
    askSilence: () => link.askSilence(),
    close: () => link.lose(),
  };
}

/** Runs shell text that reads nothing; gives its status, and what it printed, within bounds. */
export async function askAgent(
  agent: Agent,
  script: string,
): Promise<{ readonly status: number; readonly stdout: string }> {
  const said = keepOutput();
  const status = await agent.run(script, {
    stdin: undefined,
    stdout: said.take,
    stderr: () => undefined,
  });
  return { status, stdout: said.kept().text };
}

/** MS_RDONLY of mount(2). */
const readOnlyFlag = '1';

/** An agent that is awake answers within this time; one whose memory comes from a file does at the second greeting. */
const promptMs = 20;
/** Greetings at most: on a host under load each one may take longer than the one before. */
const mostGreetings = 5;
/** The guest's clock is ahead of the host's by this at most. */
const mostLeadMs = 500;

/**
 * Has the guest take over the host's clock, ahead of it by no more than an answer takes: a file that
 * the host writes then is never of the guest's future, for which make would distrust it. The guest
 * is behind by the time that the greeting was under way; so it is told the time of then, and again
 * if that was later than thought.
 */
async function setClock(link: AgentLink, now: () => Date, random: string): Promise<void> {
  let leadMs = promptMs;
  for (let greeting = 1; greeting <= mostGreetings; greeting += 1) {
    const askedAt = performance.now();
    // A Date has whole milliseconds: the next one is ahead.
    await link.greet(`${clockText(now().getTime() + 1 + leadMs)} ${greeting === 1 ? random : ''}`);
    const tookMs = performance.now() - askedAt;
    if (tookMs <= leadMs) return;
    // The first one finds the guest asleep, and says nothing about the next.
    if (greeting > 1) leadMs = Math.min(mostLeadMs, Math.ceil(tookMs * 1.5));
  }
}

function clockText(ms: number): string {
  return `${Math.floor(ms / 1000)} ${(ms % 1000) * 1_000_000}`;
}
