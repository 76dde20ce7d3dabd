import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Interruption, type Environment } from '../environment.ts';
import { underUsersUmask } from '../system/umask.ts';
import { quoteForShell } from '../text/shell-words.ts';

/** What is run with a group: a program and its arguments. */
interface GroupCommand {
  readonly commandLine: readonly string[];
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/**
 * Runs a command line with a group that this login lacks (sg(1)), on this process's streams, and
 * gives its status. Ctrl-C reaches both; what ends only this process is passed on. Throws what the
 * system says where sg cannot be run.
 */
export async function runWithGroup(
  { commandLine, env, signal }: GroupCommand,
  group: string,
): Promise<number> {
  const command = `exec ${commandLine.map(quoteForShell).join(' ')}`;
  const child = underUsersUmask(() =>
    spawn('sg', [group, '-c', command], { stdio: 'inherit', env: { ...env } }),
  );
  const passOn = (): void => {
    const name = signal.reason instanceof Interruption ? signal.reason.signalName : 'SIGTERM';
    if (name !== 'SIGINT') child.kill(name);
  };
  signal.addEventListener('abort', passOn);
  try {
    const [status] = (await once(child, 'exit')) as [number | null];
    return status ?? 1;
  } finally {
    signal.removeEventListener('abort', passOn);
  }
}
