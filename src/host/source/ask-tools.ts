import type { Environment } from '../../environment.ts';
import type { Sign } from '../needs.ts';

/** Longest wait for a compiler's preprocessor, pkg-config or Python. */
const answerTimeoutMs = 10_000;

/** A command that succeeds where the thing is there. */
function question(sign: Sign): readonly [string, readonly string[]] | undefined {
  if (sign.kind === 'header') {
    return ['gcc', ['-E', '-x', 'c', '-include', sign.name, '-o', '/dev/null', '/dev/null']];
  }
  if (sign.kind === 'library') return ['pkg-config', ['--exists', sign.name]];
  if (sign.kind === 'python-module') return ['python3', ['-c', `import ${sign.name}`]];
  return undefined;
}

/** Whether the compiler, pkg-config or Python find it; undefined where that program is not there. */
export async function askTools(
  sign: Sign,
  signal: AbortSignal,
  env: Environment = process.env,
): Promise<boolean | undefined> {
  const asked = question(sign);
  if (asked === undefined) return undefined;
  const [program, args] = asked;
  const { execFile } = await import('node:child_process');
  return await new Promise((resolve) => {
    execFile(program, args, { env, timeout: answerTimeoutMs, signal }, (error) =>
      resolve(error?.code === 'ENOENT' ? undefined : error === null),
    );
  });
}
