import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { isThere } from '../../system/look.ts';

/** The commit that a clone has checked out; undefined for a source that is no clone, or without git. */
export async function readCommit(source: string, env: Environment): Promise<string | undefined> {
  if (!(await isThere(join(source, '.git')))) return undefined;
  // A hook of git's (a bisection's run) may say where another repository is.
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
  return await new Promise((resolve) => {
    const options = { cwd: source, env: own, timeout: 10_000 };
    execFile('git', ['rev-parse', '--verify', 'HEAD'], options, (error, stdout) => {
      const commit = stdout.trim();
      resolve(error === null && /^[\da-f]{40,64}$/.test(commit) ? commit : undefined);
    });
  });
}
