import { spawn } from 'node:child_process';

/**
 * setpriv(1) of util-linux 2.33 or later asks the kernel for a signal at its parent's
 * end (PR_SET_PDEATHSIG of prctl(2)) and becomes the program behind it: the same
 * process, with the same number and start time. The parent is the thread that
 * started it, for Node always the main one, which ends last.
 */
const leash: readonly string[] = ['setpriv', '--pdeathsig', 'KILL', '--'];

/**
 * Words before a command that make it end with this process, by SIGKILL; none where
 * there is no setpriv, or one (busybox's) that cannot do it. Asking takes some milliseconds.
 */
export async function findLeash(words: readonly string[] = leash): Promise<readonly string[]> {
  const [program = '', ...options] = words;
  const child = spawn(program, [...options, 'true'], { stdio: 'ignore' });
  return await new Promise((resolve) => {
    child.once('error', () => resolve([]));
    child.once('exit', (code) => resolve(code === 0 ? words : []));
  });
}
