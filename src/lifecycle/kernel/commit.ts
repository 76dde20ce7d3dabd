import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { runGit } from '../../system/git.ts';
import { isThere } from '../../system/look.ts';

/** Nobody waits longer for what is only noted. */
const answerMs = 10_000;

/** The commit that a clone has checked out; undefined for a source that is no clone, or without git. */
export async function readCommit(source: string, env: Environment): Promise<string | undefined> {
  if (!(await isThere(join(source, '.git')))) return undefined;
  const run = { cwd: source, env, timeoutMs: answerMs };
  const end = await runGit(['rev-parse', '--verify', 'HEAD'], run).catch(() => undefined);
  const commit = end?.stdout.trim() ?? '';
  return end?.status === 0 && /^[\da-f]{40,64}$/.test(commit) ? commit : undefined;
}
