import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';
import { quoteForShell } from '../../text/shell-words.ts';
import type { CommandOutcome } from './command-outcome.ts';

/** What a command of root's finds: a folder of the user's in PATH would be root's, too. */
const rootPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** As often as sudo asks. */
const mostTries = 3;
/** What su says about itself is short; the rest of it is not kept. */
const longestWords = 4_000;
/** The end of a command's output that is kept: more than is shown of it. */
const longestOutput = 64 * 1024;
/** Status of timeout(1) for a command that took too long, and of a shell for one that it cannot find. */
const timedOut = 124;
const notFound = 127;

/**
 * A shell of root's that su has started: the password is asked for once, by su itself,
 * on the terminal.
 */
export interface RootShell {
  /** Runs a command as root, without a standard input; `timeoutMs` ends it. */
  run(argv: readonly string[], timeoutMs: number): Promise<CommandOutcome>;
  /** Why su did not start it; undefined while it may. */
  refusal(): string | undefined;
  /** Ends the shell, after the command that runs. */
  close(): void;
}

interface OpenShell {
  readonly child: ChildProcess;
  readonly commands: Duplex;
  readonly answers: Readable;
}

type Opening = OpenShell | { readonly refused: string; readonly again: boolean };

/**
 * Makes such a shell; su is started with the first command. `say` shows a line to the
 * user. `signal` stops waiting for a command: root's processes are not ours to end. `su` is
 * the program, looked for where root's are.
 */
export function openRootShell(
  signal: AbortSignal,
  say: (line: string) => void,
  su = 'su',
): RootShell {
  let opening: Promise<Opening> | undefined;
  let current: OpenShell | undefined;
  let refused: string | undefined;
  const open = async (): Promise<Opening> => {
    for (let tries = 1; ; tries += 1) {
      const opened = await startSu(su, signal);
      if ('child' in opened) return (current = opened);
      if (!opened.again || tries === mostTries || signal.aborted) return opened;
      say(`su: ${opened.refused}; try again`);
    }
  };
  return {
    run: async (argv, timeoutMs) => {
      const opened = await (opening ??= open());
      if (!('child' in opened)) {
        refused = opened.refused;
        return { done: false, reason: refused, output: [] };
      }
      return await runIn(opened, argv, timeoutMs, signal);
    },
    refusal: () => refused,
    close: () => current?.commands.end(),
  };
}

/**
 * Starts `su -c` with the terminal as its standard input, where it asks. Commands go to the
 * shell through a descriptor of its own, so that no other process of the host sees them,
 * and no word of theirs is on a command line that su would read.
 */
async function startSu(su: string, signal: AbortSignal): Promise<Opening> {
  const token = randomUUID();
  const saved = spawnSync('stty', ['-g'], { stdio: ['inherit', 'pipe', 'ignore'] }).stdout;
  const script = `trap '' INT; echo ${token} >&4; exec sh 0<&3`;
  const child = spawn(su, ['-s', '/bin/sh', '-c', script, 'root'], {
    stdio: ['inherit', 'ignore', 'pipe', 'pipe', 'pipe'],
    env: { PATH: rootPath, LC_ALL: 'C.UTF-8', TERM: process.env['TERM'] ?? 'dumb' },
  });
  const commands = child.stdio[3] as Duplex;
  const answers = child.stdio[4] as Readable;
  // A shell that is gone is noticed by its end.
  commands.on('error', () => undefined);
  let words = '';
  const show = (part: Buffer): void => {
    process.stderr.write(part);
    words = (words + part.toString()).slice(-longestWords);
  };
  child.stderr?.on('data', show);
  const ready = readUntil(answers, token).then((text) => text !== undefined);
  const ended = new Promise<false>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', () => resolve(false));
  });
  if ((await Promise.race([ready, ended])) && !signal.aborted) {
    child.stderr?.off('data', show).resume();
    return { child, commands, answers };
  }
  await ended;
  // A su that was ended while it asked leaves the terminal without an echo.
  const mode = saved?.toString().trim() ?? '';
  if (mode !== '') spawnSync('stty', [mode], { stdio: ['inherit', 'ignore', 'ignore'] });
  return explainRefusal(child, words);
}

/** su's own words (util-linux, PAM, BusyBox), and what they leave open. */
function explainRefusal({ signalCode, exitCode }: ChildProcess, words: string): Opening {
  if (signalCode !== null || exitCode === 130) {
    return { refused: 'interrupted while su asked for the password', again: false };
  }
  if (/permission denied/i.test(words)) {
    return {
      refused:
        'su does not let you become root: this host may allow it to one group only (pam_wheel, group wheel). Who may runs: utopia doctor --fix --dry-run | sh',
      again: false,
    };
  }
  if (/authentication (failure|token)|incorrect password|sorry/i.test(words)) {
    return {
      refused:
        'that is not root’s password, or root has none here (locked, as on Ubuntu), and then only sudo helps',
      again: true,
    };
  }
  if (/expired|account|not available/i.test(words)) {
    return { refused: 'root’s account is closed here', again: false };
  }
  return { refused: 'su did not become root', again: false };
}

/** The end of a stream up to a word; undefined when it ends before. */
async function readUntil(stream: Readable, token: string): Promise<string | undefined> {
  let text = '';
  return await new Promise((resolve) => {
    const take = (part: Buffer): void => {
      text = (text + part.toString()).slice(-longestOutput);
      if (!text.includes(`${token}\n`) && !text.includes(`${token} `)) return;
      if (!text.endsWith('\n')) return;
      finish(text);
    };
    const end = (): void => finish(undefined);
    const finish = (result: string | undefined): void => {
      stream.off('data', take).off('close', end);
      resolve(result);
    };
    stream.on('data', take).on('close', end);
  });
}

/** A word that a command cannot know stands before its status, so that no output passes for it. */
async function runIn(
  { commands, answers }: OpenShell,
  argv: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const token = randomUUID();
  const limit = ['timeout', '--kill-after=5', String(Math.ceil(timeoutMs / 1_000))];
  const words = [...limit, ...argv].map(quoteForShell).join(' ');
  const answer = readUntil(answers, token);
  commands.write(`${words} </dev/null >&4 2>&1 3<&-\nprintf '\\n%s %s\\n' ${token} $? >&4\n`);
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  const text = await Promise.race([answer, aborted]);
  if (text === 'aborted') {
    return { done: false, reason: 'it was not waited for, and may still run', output: [] };
  }
  if (text === undefined) return { done: false, reason: 'root’s shell ended', output: [] };
  const at = text.lastIndexOf(`${token} `);
  const status = Number.parseInt(text.slice(at + token.length + 1), 10);
  if (status === 0) return { done: true };
  const output = text.slice(0, at).trim().split('\n').filter(Boolean);
  const reason =
    status === notFound
      ? `there is no program ${argv[0]}`
      : status === timedOut
        ? 'it took too long and was ended'
        : `it ended with status ${status}`;
  return { done: false, reason, output };
}
