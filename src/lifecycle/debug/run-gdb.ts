import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { Interruption, type Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { findProgram } from '../../host/find-program.ts';
import { endWithParentPrefix } from '../../system/end-with-parent.ts';

/** Path of this host's gdb. Throws `program-missing`. */
export async function requireGdb(env: Environment): Promise<string> {
  const gdb = await findProgram('gdb', env);
  if (gdb !== undefined) return gdb;
  throw new UtopiaError('program-missing', 'utopia gdb needs gdb, and this host has none.', {
    hint: 'Install the package gdb.',
  });
}

/**
 * Runs a debugger that has this process's terminal; gives its exit status, 128 + N where signal N
 * ended it. Ctrl-C is the debugger's own; any other signal to us is passed on to it.
 */
export async function runGdb(
  program: string,
  words: readonly string[],
  { env, cwd, signal }: { env: Environment; cwd: string; signal: AbortSignal },
): Promise<number> {
  signal.throwIfAborted();
  // One that outlives a utopia that was killed would hold the guest, and read our terminal.
  const [first = program, ...rest] = [...(await endWithParentPrefix('TERM')), program, ...words];
  const child = spawn(first, rest, { env: { ...env }, cwd, stdio: 'inherit' });
  const pass = (): void => {
    const { reason } = signal as { readonly reason: unknown };
    const name = reason instanceof Interruption ? reason.signalName : 'SIGTERM';
    if (name !== 'SIGINT') child.kill(name);
  };
  signal.addEventListener('abort', pass);
  try {
    const [code, ended] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[ended ?? 'SIGTERM'];
  } finally {
    signal.removeEventListener('abort', pass);
  }
}
