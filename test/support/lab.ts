import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostRootVariable } from '../../src/host/find-people.ts';
import { quoteForShell } from '../../src/text/shell-words.ts';
import { findRunning } from '../../src/machine/state.ts';
import { machinePaths } from '../../src/machine/paths.ts';
import { freePort } from './boot.ts';
import { runMark } from './run-mark.ts';
import { installStandIn, type StandIn, type StandInScenario } from './stand-in.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A described host on which nobody else is: where a test says no other, the machine is one's own. */
const hostOfOne = join(import.meta.dirname, '../../fixtures/hosts/ubuntu-intel-ok');

const builtProgram = join(import.meta.dirname, '../../bin/utopia.js');
/** The Node that runs the program under test; CI sets another than its own. */
const node = process.env['UTOPIA_TEST_NODE'] ?? process.execPath;

export interface RunResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `utopia`, for tests that press Ctrl-C. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** Waits until stderr or stdout has said something; rejects when the program ends first. */
  sees(pattern: RegExp): Promise<void>;
  readonly ended: Promise<RunResult>;
}

/** A lab folder with its own home, state, cache and runtime folders; all gone after the test. */
export interface Lab extends AsyncDisposable {
  readonly folder: string;
  readonly sshPort: number;
  readonly standIn: StandIn | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Node and the program under test, before its arguments. */
  readonly command: readonly [string, string];
  writeConfig(lines: readonly string[]): void;
  run(...args: readonly string[]): Promise<RunResult>;
  /** The same on a terminal of 80 columns: stdout is all that appears there. */
  runOnTerminal(...args: readonly string[]): Promise<RunResult>;
  start(...args: readonly string[]): RunningProgram;
  /** The same with this text as stdin. */
  runWithInput(input: string, ...args: readonly string[]): Promise<RunResult>;
  /** Runs it with these bytes as stdin; gives the bytes of stdout. */
  pipe(input: Buffer, ...args: readonly string[]): Promise<Buffer>;
  paths(): ReturnType<typeof machinePaths>;
  /** Pids of the processes that were started from this lab and still run. */
  processes(): number[];
}

export interface LabOptions {
  /** Plays QEMU; without it the machine is a real one. */
  readonly scenario?: StandInScenario;
  readonly config?: readonly string[];
  /** Backing file; the default is a small empty raw image in the lab. */
  readonly backing?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Command before the program, such as one that enters another namespace; not for `runOnTerminal`. */
  readonly within?: readonly string[];
  /** The Node to run it with instead of the tests'. */
  readonly node?: string;
  /** The program to run instead of the checkout's own. */
  readonly program?: string;
}

/** Makes a lab on free loopback ports, with a stand-in for QEMU when a scenario is given. */
export async function makeLab(options: LabOptions = {}): Promise<Lab> {
  const temporary = temporaryFolder();
  // A blank, a comma and Greek letters: paths that students have.
  const folder = join(temporary.path, 'εργαστήριο 1, λάθος');
  mkdirSync(folder);
  const sshPort = await freePort();
  const standIn =
    options.scenario === undefined ? undefined : installStandIn(temporary.path, options.scenario);
  const backing = options.backing ?? join(temporary.path, 'base.raw');
  if (!existsSync(backing)) writeFileSync(backing, Buffer.alloc(1 << 20, 'backing'));
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: join(temporary.path, 'home'),
    XDG_RUNTIME_DIR: join(temporary.path, 'run'),
    XDG_CACHE_HOME: join(temporary.path, 'cache'),
    [hostRootVariable]: hostOfOne,
    [runMark]: process.env[runMark],
    ...options.env,
  };
  for (const name of ['HOME', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME']) {
    mkdirSync(env[name] ?? '', { recursive: true, mode: 0o700 });
  }
  const writeConfig = (lines: readonly string[]): void => {
    const own = [
      `QCOW2_BACKING_FILE='${backing}'`,
      `UTOPIA_SSH_PORT=${sshPort}`,
      'UTOPIA_VNC=off',
      ...(standIn === undefined ? [] : [`QEMU_BUILD_DIR='${standIn.prefix}'`, 'UTOPIA_ACCEL=tcg']),
    ];
    writeFileSync(join(folder, 'utopia.config'), `${[...own, ...lines].join('\n')}\n`);
  };
  writeConfig(options.config ?? []);

  const command = [options.node ?? node, options.program ?? builtProgram] as const;

  function startWithInput(input: string, args: readonly string[]): RunningProgram {
    const [program, ...words] = [...(options.within ?? []), ...command, ...args];
    const child = spawn(program ?? '', words, { cwd: folder, env, stdio: 'pipe' });
    // One that refuses its arguments reads nothing.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return watchProgram(child);
  }
  const start = (...args: readonly string[]): RunningProgram => startWithInput('', args);

  async function pipe(input: Buffer, ...args: readonly string[]): Promise<Buffer> {
    const [program, ...words] = [...(options.within ?? []), ...command, ...args];
    const child = spawn(program ?? '', words, {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(input);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    return Buffer.concat(chunks);
  }

  /** script(1) of bsdutils opens the terminal; its own stdin stays open, as a terminal's would. */
  async function runOnTerminal(...args: readonly string[]): Promise<RunResult> {
    const line = [...command, ...args].map(quoteForShell).join(' ');
    const child = spawn(
      'script',
      ['--quiet', '--return', '--command', `stty cols 80 rows 24; ${line}`, '/dev/null'],
      { cwd: folder, env: { ...env, TERM: 'xterm-256color', SHELL: '/bin/sh' }, stdio: 'pipe' },
    );
    const { ended } = watchProgram(child);
    return await ended;
  }

  const paths = () =>
    machinePaths({ file: join(folder, 'utopia.config') }, env, process.getuid?.() ?? 0);

  const processes = (): number[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`HOME=${env['HOME']}`))
      .map(Number);

  return {
    folder,
    sshPort,
    standIn,
    env,
    command,
    writeConfig,
    start,
    pipe,
    runOnTerminal,
    paths,
    processes,
    run: (...args) => start(...args).ended,
    runWithInput: (input, ...args) => startWithInput(input, args).ended,
    [Symbol.asyncDispose]: async () => {
      const running = await findRunning(paths());
      if (running !== undefined) killIfThere(running.qemu.pid);
      // What stands beside a machine ends with it, maybe before it is its turn.
      for (const pid of processes()) killIfThere(pid);
      temporary[Symbol.dispose]();
    },
  };
}

/** Follows a program of whose output a test waits for something. */
export function watchProgram(child: ChildProcessWithoutNullStreams): RunningProgram {
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(() => ({ status: child.exitCode, stdout, stderr }));
  return {
    child,
    ended,
    sees: async (pattern) => {
      let over = false;
      void ended.then(() => (over = true));
      while (!pattern.test(stdout + stderr)) {
        if (over) throw new Error(`ended before it said ${pattern}:\n${stdout}${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
