import {
  execFileSync,
  spawn,
  spawnSync,
  type ChildProcessWithoutNullStreams,
} from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResult } from './lab.ts';
import { runMark } from './run-mark.ts';

/** First word of the comment of accounts that tests make; the maker's pid and its test run follow. */
const accountMark = 'utopia-test';

/** After this a program of an account hangs: a boot under emulation on a busy host takes less. */
const longestRunMs = 300_000;

/** A real account of this host, for one test; gone with all its processes when the test ends. */
export interface Account extends AsyncDisposable {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  /** Runs a program as this account, in its home unless told otherwise; ends it after five minutes at most. */
  run(words: readonly string[], options?: AccountRun): Promise<RunResult>;
  start(words: readonly string[], options?: AccountRun): ChildProcessWithoutNullStreams;
}

export interface AccountRun {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Makes an account with a login shell and a home below `folder` that others may
 * enter and list, as on many hosts of a lab. Needs root.
 */
export function makeAccount(name: string, folder: string): Account {
  const home = join(folder, name);
  const uid = freeUid();
  const comment = `${accountMark} ${process.pid} ${process.env[runMark]}`;
  const of = ['--uid', String(uid), '--home-dir', home, '--shell', '/bin/bash', '-c', comment];
  execFileSync('useradd', ['--no-create-home', '--user-group', ...of, name]);
  const gid = Number(execFileSync('id', ['-g', name], { encoding: 'utf8' }));
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o755);
  chownSync(home, uid, gid);

  const asAccount = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  const own = {
    ...{ PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: home, USER: name, TMPDIR: folder },
    ...{ SHELL: '/bin/bash', [runMark]: process.env[runMark] },
  };
  const start = (words: readonly string[], { cwd = home, env = {} }: AccountRun = {}) =>
    spawn('setpriv', [...asAccount, ...words], { cwd, env: { ...own, ...env }, stdio: 'pipe' });
  return {
    name,
    uid,
    home,
    run: async (words, options = {}) => {
      const child = start(words, options);
      const said = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
      child.stdin.on('error', () => {});
      child.stdin.end(options.input ?? '');
      const timer = setTimeout(() => child.kill('SIGKILL'), longestRunMs);
      await once(child, 'close');
      clearTimeout(timer);
      return { status: child.exitCode, ...said };
    },
    start,
    [Symbol.asyncDispose]: async () => {
      await endProcessesOf(uid);
      spawnSync('userdel', ['--force', name]);
    },
  };
}

/**
 * A user id of ordinary accounts that nobody has, no process either: whatever runs
 * under it is the test's. High, since other tests run programs under ids without
 * an account.
 */
function freeUid(): number {
  for (;;) {
    const uid = 57_000 + randomInt(2_000);
    const isTaken = spawnSync('getent', ['passwd', String(uid)]).status === 0;
    if (!isTaken && processesOf(uid).length === 0) return uid;
  }
}

/**
 * Removes accounts that tests have left, with their processes: those of this test run
 * (`mark`), or whose test's process is gone. For the end of a run that was interrupted.
 */
export async function removeLeftAccounts(mark: string | undefined): Promise<void> {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , uid = '', , comment = ''] = line.split(':');
    if (!comment.startsWith(`${accountMark} `)) continue;
    const [, pid = '', run] = comment.split(' ');
    if (run !== mark && existsSync(`/proc/${pid}`)) continue;
    await endProcessesOf(Number(uid));
    spawnSync('userdel', ['--force', name]);
  }
}

/** Pids of an account. */
export function processesOf(uid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && ownerOf(name) === uid)
    .map(Number);
}

async function endProcessesOf(uid: number): Promise<void> {
  for (let left = processesOf(uid); left.length > 0; left = processesOf(uid)) {
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    await sleep(50);
  }
}

/** Real user id of a process that has not ended; a zombie has nothing to end. */
function ownerOf(pid: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (/^State:\tZ/m.test(status)) return undefined;
    return Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? statSync(`/proc/${pid}`).uid);
  } catch {
    return undefined;
  }
}
