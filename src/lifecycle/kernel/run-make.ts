import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Environment } from '../../environment.ts';
import { endWithParentPrefix } from '../../system/end-with-parent.ts';
import { signalGroup } from '../../system/process-group.ts';
import { underUsersUmask } from '../../system/umask.ts';
import { englishMakeEnvironment } from './make-environment.ts';

/** A run of make, or of another program of a build. */
export interface MakeRun {
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  /** The first stop: SIGINT, after which make removes what it has half made. */
  readonly signal: AbortSignal;
  /** The second: SIGKILL. */
  readonly urgentSignal: AbortSignal;
  /** Called with each line of what it prints, without its end. */
  readonly onLine?: (line: string) => void;
  /** Absolute path that all of that is written to, behind what is there; undefined for nowhere. */
  readonly log: string | undefined;
}

/** Everything that a kernel's build prints has some megabytes; a log of more than this is cut. */
const mostLogBytes = 64 * 1024 * 1024;
const longestLine = 64 * 1024;

/**
 * Runs a program in a process group of its own until it has ended, also when it was stopped, and
 * gives its status; undefined for one that a signal has ended. It ends with this process.
 */
export async function runMake(run: MakeRun): Promise<number | undefined> {
  const prefix = await endWithParentPrefix('TERM');
  run.signal.throwIfAborted();
  // One pipe for both streams: a complaint is to stand behind the step that it is about.
  const joined = ['sh', '-c', 'exec "$@" 2>&1', 'sh', ...run.argv];
  const [program = '', ...args] = [...prefix, ...joined];
  const child = underUsersUmask(() =>
    spawn(program, args, {
      cwd: run.cwd,
      env: englishMakeEnvironment(run.env),
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    }),
  );
  const stop = (signal: NodeJS.Signals) => (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      signalGroup(child.pid, signal);
    }
  };
  const [gently, atOnce] = [stop('SIGINT'), stop('SIGKILL')];
  run.signal.addEventListener('abort', gently);
  run.urgentSignal.addEventListener('abort', atOnce);
  try {
    const ended = once(child, 'close') as Promise<[number | null]>;
    await Promise.all([passOn(child.stdout, run), ended]);
    const [status] = await ended;
    return status ?? undefined;
  } finally {
    run.signal.removeEventListener('abort', gently);
    run.urgentSignal.removeEventListener('abort', atOnce);
  }
}

/** Line by line to whoever reads it, and all of it into the log. */
async function passOn(output: NodeJS.ReadableStream, run: MakeRun): Promise<void> {
  const log =
    run.log === undefined ? undefined : createWriteStream(run.log, { flags: 'a', mode: 0o600 });
  const written = log === undefined ? undefined : finished(log);
  let logged = 0;
  let rest = '';
  output.setEncoding('utf8');
  for await (const chunk of output as AsyncIterable<string>) {
    if (log !== undefined && logged < mostLogBytes) {
      logged += chunk.length;
      if (!log.write(chunk)) await once(log, 'drain');
    }
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) run.onLine?.(line);
  }
  if (rest !== '') run.onLine?.(rest);
  log?.end();
  await written;
}
