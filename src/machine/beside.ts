import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Environment } from '../environment.ts';
import {
  identifyProcess,
  signalProcess,
  waitForExit,
  type ProcessIdentity,
} from '../system/process.ts';

/** One that is asked to end has nothing to write back. */
const endMs = 2_000;

/**
 * Starts a process beside a machine's QEMU, in a session of its own, that outlives this one. Its
 * words go to `log`, which starts anew unless `append`. Undefined where it has ended at once.
 */
export async function startBeside(
  [program = '', ...args]: readonly string[],
  log: string,
  env: Environment,
  append = false,
): Promise<ProcessIdentity | undefined> {
  const words = await open(log, append ? 'a' : 'w', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: '/',
      env,
      detached: true,
      stdio: ['ignore', words.fd, words.fd],
    });
    await once(child, 'spawn');
    child.unref();
    return await identifyProcess(child.pid ?? 0);
  } finally {
    await words.close();
  }
}

/** Ends such a process: by a word, and by force where it does not hear. */
export async function endBeside(process: ProcessIdentity): Promise<void> {
  if (!(await signalProcess(process, 'SIGTERM'))) return;
  const gone = await waitForExit(process, { timeoutMs: endMs });
  if (!gone) await signalProcess(process, 'SIGKILL');
}
