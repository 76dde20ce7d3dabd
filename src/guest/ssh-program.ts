import { constants } from 'node:os';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { openDeadline } from '../system/deadline.ts';
import { keepOutput } from '../system/bounded-output.ts';
import { Interruption, type Environment } from '../environment.ts';
import type { UtopiaError } from '../errors.ts';
import { takeInto, takeTwice } from '../system/take-output.ts';
import { underUsersUmask } from '../system/umask.ts';
import type { TakeOutput } from '../system/take-output.ts';
import { missingProgram } from './ssh-trouble.ts';

/**
 * What a program of ssh's family gave: of each output that nobody else took, a megabyte at most,
 * its start and its end. Empty where it had this process's own terminal.
 */
export interface SshResult {
  /** 128 + N when it was ended by signal N. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Who gets a program's outputs; each resolves when more may come. */
export interface TakeOutputs {
  readonly stdout?: TakeOutput;
  readonly stderr?: TakeOutput;
}

/** Watches the guest until the function that it gives is called; says at most once that it is gone. */
export type WatchLoss = (onLoss: (error: UtopiaError) => void) => () => void;

export interface SshProcess {
  /** Askpass and all else that it is to see. */
  readonly env: Environment;
  /** Passed on to the program, as the signal it was; with pipes it is also what is thrown. */
  readonly signal: AbortSignal;
  readonly stdio: SshStreams;
  readonly input?: string | undefined;
  /** A file that it reads as its input, in the place of `input`. */
  readonly inputFile?: string | undefined;
  /** Take its outputs as they come, instead of having them returned. */
  readonly take?: TakeOutputs | undefined;
  /** With pipes: see Answer. */
  readonly answer?: Answer | undefined;
  readonly timeoutMs?: number | undefined;
  /** Somebody may be asked at the terminal: it stays in our session. */
  readonly mayAsk: boolean;
  readonly cwd?: string | undefined;
  /** A guest that is gone ends the program, which would wait for minutes. */
  readonly watchLoss?: WatchLoss | undefined;
  /** Called then: ends what holds the program's streams open beside it. */
  readonly afterLoss?: (() => Promise<void>) | undefined;
  readonly onStart?: (pid: number) => void;
}

/**
 * `inherit`: this process's own streams; `tee`: the same, and `take` hears its outputs, too; `pipe`: what it says is returned;
 * `capture`: the same, also of one that is interrupted, and without `input` it reads our stdin;
 * `progress`: its output goes to our stderr, its complaints are returned;
 * `ignore`: nobody listens; a socket: the program reads from it and writes to it.
 */
export type SshStreams = 'inherit' | 'tee' | 'pipe' | 'capture' | 'progress' | 'ignore' | Socket;

/**
 * Asked for the input of a program when that has said `ready` in a line of its own, with what it
 * had said before. What it throws is thrown when the program has ended; that gets no input then.
 */
export type Answer = (said: string) => string | Promise<string>;

/** What a program has printed comes within this time after it was ended from outside. */
const lastOutputMs = 1_000;

/** Runs ssh or one of its kin. Throws `program-missing`, the signal's reason, or what `watchLoss` found. */
export async function runSshProgram(
  program: 'ssh' | 'scp',
  argv: readonly string[],
  options: SshProcess,
): Promise<SshResult> {
  const { env, signal, stdio, input, inputFile, timeoutMs, mayAsk, cwd } = options;
  const { execa } = await import('execa');
  signal.throwIfAborted();
  const settings = {
    env,
    extendEnv: false,
    reject: false,
    buffer: false,
    // Without the terminal ssh can only ask askpass, and that can only answer.
    detached: !mayAsk,
    ...(options.answer === undefined && inputFile === undefined ? streamsOf(stdio, input) : {}),
    ...(inputFile === undefined ? {} : { inputFile }),
    ...(cwd === undefined ? {} : { cwd }),
  } as const;
  // scp makes files of the user's.
  const child = underUsersUmask(() => execa(program, argv, settings));
  let unanswered: unknown;
  if (options.answer !== undefined) {
    answerWhenReady(child, options.answer).catch((error: unknown) => (unanswered = error));
  }
  const [stdout, stderr] = [keepOutput(), keepOutput()];
  const passedOn = (name: 'stdout' | 'stderr', take: TakeOutput): TakeOutput => {
    if (stdio !== 'tee') return take;
    // As it would find its own output closed, when nobody reads ours any more.
    return takeTwice(
      takeInto(process[name], () => child[name]?.destroy()),
      take,
    );
  };
  const outputs = Promise.all([
    readOutput(child.stdout, passedOn('stdout', options.take?.stdout ?? stdout.take)),
    readOutput(child.stderr, passedOn('stderr', options.take?.stderr ?? stderr.take)),
  ]).catch((error: unknown) => {
    // Who took it cannot go on: nor need the program.
    child.kill('SIGTERM');
    throw error;
  });
  outputs.catch(() => {});
  if (child.pid !== undefined) options.onStart?.(child.pid);
  // A signal to us is for the guest's command; ssh knows what to do with it.
  const deadline = openDeadline(timeoutMs, signal);
  let lettingGo: NodeJS.Timeout | undefined;
  const pass = (): void => {
    child.kill(signalOf(deadline.signal));
    // A shared connection holds the outputs for as long as the command runs in the guest.
    const letGo = (): void => {
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    };
    child.once('exit', () => (lettingGo = setTimeout(letGo, lastOutputMs)));
  };
  deadline.signal.addEventListener('abort', pass, { once: true });
  let loss: UtopiaError | undefined;
  let ending: Promise<void> | undefined;
  const stopWatching = options.watchLoss?.((error) => {
    loss = error;
    child.kill('SIGTERM');
    ending = options.afterLoss?.();
  });
  const result = await child.finally(() => {
    deadline.stop();
    deadline.signal.removeEventListener('abort', pass);
    stopWatching?.();
  });
  await ending;
  await outputs;
  clearTimeout(lettingGo);
  if (result.code === 'ENOENT') throw missingProgram(program);
  if (loss !== undefined) throw loss;
  if (unanswered !== undefined) throw unanswered;
  // What was captured until then is worth having.
  if (stdio !== 'inherit' && stdio !== 'tee' && stdio !== 'capture') signal.throwIfAborted();
  return {
    status: result.exitCode ?? 128 + constants.signals[result.signal ?? 'SIGTERM'],
    stdout: stdout.kept().text,
    stderr: stderr.kept().text,
  };
}

/** Reads an output to its end, no faster than it is taken. */
async function readOutput(stream: Readable | null, take: TakeOutput): Promise<void> {
  if (stream === null) return;
  const taken = new Promise<never>((_resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      const wait = take(chunk);
      if (wait === undefined) return;
      stream.pause();
      wait.then(() => stream.resume(), reject);
    });
  });
  // One that breaks off has ended, too.
  await Promise.race([finished(stream, { writable: false }).catch(() => {}), taken]);
}

/** Ends with the program when that is never ready. */
async function answerWhenReady(
  { stdin, stdout }: { readonly stdin: Writable | null; readonly stdout: Readable | null },
  answer: Answer,
): Promise<void> {
  // A program that has ended takes no answer.
  stdin?.on('error', () => {});
  try {
    const said = stdout === null ? undefined : await saidBeforeReady(stdout);
    if (said !== undefined) stdin?.write(await answer(said));
  } finally {
    stdin?.end();
  }
}

/** A program that has not said `ready` after so much says something else. */
const longestPreface = 64 * 1024;

async function saidBeforeReady(stdout: Readable): Promise<string | undefined> {
  return await new Promise((resolve) => {
    let said = '';
    const look = (chunk: Buffer): void => {
      const from = Math.max(0, said.length - '\nready\n'.length);
      said += chunk.toString();
      const end = `\n${said}`.indexOf('\nready\n', from);
      if (end < 0 && said.length <= longestPreface) return;
      stdout.off('data', look);
      resolve(end < 0 ? undefined : said.slice(0, end));
    };
    stdout.once('close', () => resolve(undefined));
    stdout.on('data', look);
  });
}

function streamsOf(stdio: SshStreams, input: string | undefined): Streams {
  if (typeof stdio === 'object') return { stdio: [stdio, stdio, 'ignore'] };
  switch (stdio) {
    case 'pipe':
      return input === undefined ? { stdin: 'ignore' } : { input };
    case 'tee':
    case 'capture':
      return input === undefined ? { stdin: 'inherit' } : { input };
    case 'progress':
      return { stdin: 'ignore', stdout: 2, stderr: 'pipe' };
    case 'inherit':
    case 'ignore':
      return { stdio };
    default:
      return stdio satisfies never;
  }
}

type Streams =
  | { readonly stdio: 'inherit' | 'ignore' | readonly [Socket, Socket, 'ignore'] }
  | { readonly input: string }
  | { readonly stdin: 'inherit' }
  | { readonly stdin: 'ignore'; readonly stdout?: 2; readonly stderr?: 'pipe' };

/** The signal that interrupted us, for ssh. */
function signalOf(signal: AbortSignal): NodeJS.Signals {
  return signal.reason instanceof Interruption ? signal.reason.signalName : 'SIGTERM';
}

/** Version of the system's OpenSSH as a number, 9.2 for `OpenSSH_9.2p1`; 0 when it does not say. */
export async function findSshVersion(env: Environment): Promise<number> {
  const { execa } = await import('execa');
  const { stderr } = await execa('ssh', ['-V'], {
    env,
    extendEnv: false,
    reject: false,
    timeout: 5_000,
  });
  const [, major = '0', minor = '0'] = /OpenSSH_(\d+)\.(\d+)/.exec(stderr ?? '') ?? [];
  // No release has had a minor version above 9.
  return Number(`${major}.${minor}`);
}
