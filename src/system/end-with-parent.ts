import { workingCommandPrefix } from './command-prefix.ts';

/**
 * Words before a command that make it end with this process, by `signal`; none where
 * there is no setpriv, or one (busybox's) that cannot do it. Asking takes some milliseconds.
 *
 * setpriv(1) of util-linux 2.33 or later asks the kernel for a signal at its parent's
 * end (PR_SET_PDEATHSIG of prctl(2)) and becomes the program behind it: the same
 * process, with the same number and start time. The parent is the thread that
 * started it, for Node always the main one, which ends last.
 */
export async function endWithParentPrefix(
  signal: 'KILL' | 'TERM' = 'KILL',
): Promise<readonly string[]> {
  return await workingCommandPrefix(['setpriv', '--pdeathsig', signal, '--']);
}
