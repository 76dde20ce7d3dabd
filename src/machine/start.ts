import { spawn } from 'node:child_process';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { UtopiaError } from '../errors.ts';
import { machineArgv } from './argv.ts';
import { endWithParentPrefix } from '../system/end-with-parent.ts';
import { rotateLog } from './numbered-logs.ts';
import { niceSession } from '../system/niceness.ts';
import type { MachinePaths } from './paths.ts';
import type { MachinePlan } from './plan.ts';
import { identifyProcess, type ProcessIdentity } from '../system/process.ts';

export interface StartOptions {
  readonly stateFile?: string | undefined;
  readonly endsWithUs?: boolean;
  /** Words before QEMU's own, of a program that becomes QEMU: the same process. */
  readonly prefix?: readonly string[];
}

/** How a QEMU ended: by itself (code) or by a signal. */
export interface QemuExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A QEMU that this process started. */
export interface StartedQemu {
  readonly identity: ProcessIdentity;
  /** Resolves when it ends, never rejects. */
  readonly exited: Promise<QemuExit>;
  /** The exit if it has happened. */
  readonly exit: () => QemuExit | undefined;
  /** Where QEMU reads the state file, for `restoreState`; undefined for one that boots. */
  readonly stateUri: string | undefined;
  /** Lets this process end before QEMU does. */
  detach(): void;
}

/**
 * Starts QEMU in a session of its own, so that neither Ctrl-C nor a closed
 * terminal reaches it: stopping it is our job. With `stateFile` it waits for
 * `restoreState`, that file at `stateUri`. Throws `qemu-failed` when the
 * binary cannot be run at all. Until `writeState` says what runs, `startingFile`
 * tells others that something may. With `endsWithUs` the kernel kills it when this
 * process ends in whatever way, where setpriv(1) knows how to ask for that.
 */
export async function startQemu(
  plan: MachinePlan,
  paths: Pick<MachinePaths, 'consoleLog' | 'qemuLog' | 'firmwareLog' | 'startingFile'>,
  { stateFile, endsWithUs = false, prefix = [] }: StartOptions = {},
): Promise<StartedQemu> {
  const [endWithUs] = await Promise.all([
    endsWithUs ? endWithParentPrefix() : [],
    rotateLog(paths.consoleLog),
    rotateLog(paths.qemuLog),
  ]);
  // QEMU would append to the logs of the boot before.
  await Promise.all([paths.firmwareLog, paths.consoleLog].map((file) => rm(file, { force: true })));
  await writeFile(paths.startingFile, '', { mode: 0o600 });
  const log = await open(paths.qemuLog, 'w', 0o600);
  const state = stateFile === undefined ? undefined : await open(stateFile, 'r');
  try {
    const incoming = state === undefined ? undefined : stateSource(plan);
    const [program = plan.binary, ...words] = [
      ...endWithUs,
      ...prefix,
      plan.binary,
      ...machineArgv(plan),
    ];
    const child = spawn(program, [...words, ...(incoming?.words ?? [])], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd, ...(state === undefined ? [] : [state.fd])],
    });
    let exit: QemuExit | undefined;
    const exited = new Promise<QemuExit>((resolve) => {
      child.once('exit', (code, signal) => resolve((exit = { code, signal })));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(cannotRun(plan.binary, error)));
    });
    const pid = child.pid ?? 0;
    await niceSession(pid);
    // A QEMU that died within this millisecond has an exit to report, and no identity that matters.
    const identity = (await identifyProcess(pid)) ?? { pid, startTicks: -1, bootId: '' };
    return {
      identity,
      exited,
      exit: () => exit,
      stateUri: incoming?.uri,
      detach: () => child.unref(),
    };
  } finally {
    await log.close();
    await state?.close();
  }
}

/** The state file's descriptor in QEMU: the first behind the three that every process has. */
const stateDescriptor = 3;

/**
 * How QEMU takes a state file that it inherits: as a descriptor, or, where it takes files by name
 * alone, by a name that stands for the descriptor (`-add-fd`): its arguments, and the URI for
 * `restoreState`. Whoever moves the file meanwhile,
 * and whatever QEMU's own rights are, it is the file that was opened here. Pure.
 */
export function stateSource({ extras }: Pick<MachinePlan, 'extras'>): {
  readonly words: readonly string[];
  readonly uri: string;
} {
  const words = ['-incoming', 'defer'];
  return extras.stateByFile
    ? {
        words: [...words, '-add-fd', `fd=${stateDescriptor},set=${stateDescriptor}`],
        uri: `file:/dev/fdset/${stateDescriptor}`,
      }
    : { words, uri: `fd:${stateDescriptor}` };
}

function cannotRun(binary: string, error: Error): UtopiaError {
  return new UtopiaError('qemu-failed', `Cannot run ${binary}: ${error.message}`, {
    hint: 'utopia doctor --check qemu.binary',
    cause: error,
  });
}

/** What QEMU has said on stdout and stderr so far; empty when there is nothing. */
export async function readQemuLog(paths: MachinePaths): Promise<string> {
  return await readFile(paths.qemuLog, 'utf8').catch(() => '');
}
