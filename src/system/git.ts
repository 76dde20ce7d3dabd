import { execFile, type ExecFileException } from 'node:child_process';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { underUsersUmask } from './umask.ts';

/** How a git ended, and what it printed. */
export interface GitEnd {
  /** Undefined where a signal or its time limit has ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface GitRun {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  /** Ends it (SIGTERM, at which git takes back what it has half made). */
  readonly signal?: AbortSignal;
  /** A minute without it: looking at a clone of Linux takes seconds on a cold disk. */
  readonly timeoutMs?: number;
}

const usualMs = 60_000;
/** What is asked of git are lines; its progress and its complaints are no more. */
const mostBytes = 4 * 1024 * 1024;

/** What says where a repository is (git rev-parse --local-env-vars): that of a git around us is not meant. */
const local: ReadonlySet<string> = new Set([
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_INDEX_FILE', 'GIT_PREFIX'],
  ...['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_IMPLICIT_WORK_TREE'],
  ...['GIT_CONFIG', 'GIT_CONFIG_PARAMETERS', 'GIT_CONFIG_COUNT', 'GIT_GRAFT_FILE'],
  ...['GIT_NO_REPLACE_OBJECTS', 'GIT_REPLACE_REF_BASE', 'GIT_SHALLOW_FILE'],
  'GIT_INTERNAL_SUPER_PREFIX',
]);

/** The environment without what git tells its children (hooks, `git bisect run`) of its repository. Pure. */
export function withoutRepository(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !local.has(name)));
}

/** It asks nobody, pages nothing, speaks English, and runs no program that a repository names. */
const quiet = {
  ...{ LC_ALL: 'C', LANGUAGE: 'C', GIT_PAGER: 'cat', GIT_OPTIONAL_LOCKS: '0' },
  ...{ GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'false' },
  ...{ SSH_ASKPASS: 'false', SSH_ASKPASS_REQUIRE: 'force' },
} as const;
const quietOptions = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'] as const;

/**
 * Runs git without a terminal until it has ended. What it prints is foreign text of at most 4 MiB;
 * with more it is ended. Throws `program-missing`, and the signal's reason.
 */
export async function runGit(
  args: readonly string[],
  { cwd, env, signal, timeoutMs = usualMs }: GitRun,
): Promise<GitEnd> {
  signal?.throwIfAborted();
  const options = {
    ...{ cwd, timeout: timeoutMs, maxBuffer: mostBytes, encoding: 'utf8' as const },
    env: { ...withoutRepository(env), ...quiet },
  };
  return await new Promise<GitEnd>((resolve, reject) => {
    const end = (error: ExecFileException | null, stdout: string, stderr: string): void => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted === true) {
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        return;
      }
      if (error?.code === 'ENOENT') {
        reject(
          new UtopiaError('program-missing', 'The program git is missing.', {
            hint: 'Install the package git: sudo apt-get install git',
          }),
        );
        return;
      }
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      resolve({ status, stdout, stderr });
    };
    // What it makes is the user's.
    const child = underUsersUmask(() => execFile('git', [...quietOptions, ...args], options, end));
    const stop = (): void => void child.kill('SIGTERM');
    child.stdin?.end();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** The last lines that git has printed to stderr, as evidence of an error. Pure. */
export function gitWords({ stderr }: Pick<GitEnd, 'stderr'>): readonly string[] {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return lines.slice(-4).map((line) => `| ${line.slice(0, 200)}`);
}
