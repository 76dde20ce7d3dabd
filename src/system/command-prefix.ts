import { spawn } from 'node:child_process';

/**
 * Words that may stand before a command (`nice -n 19`), where a command does run behind
 * them; none elsewhere: such a program may be missing, or be another one of its name.
 */
export async function workingCommandPrefix(words: readonly string[]): Promise<readonly string[]> {
  const [program = '', ...options] = words;
  const child = spawn(program, [...options, 'true'], { stdio: 'ignore' });
  return await new Promise((resolve) => {
    child.once('error', () => resolve([]));
    child.once('exit', (code) => resolve(code === 0 ? words : []));
  });
}
