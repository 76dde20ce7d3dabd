import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { findProgram } from '../../host/find-program.ts';
import { readOsRelease } from '../../host/find-qemu.ts';
import { describeInstall, installCommand } from '../../host/packages.ts';
import type { BuildNeed } from '../../kernel/build-needs.ts';
import { isReachable } from '../../system/look.ts';

/** Throws `program-missing` with all that the host lacks, which options ask for it, and what installs it. */
export async function requireOnHost(
  needs: readonly BuildNeed[],
  env: Environment,
  compiler: string,
): Promise<void> {
  const missing: BuildNeed[] = [];
  const headers = new Map<string, BuildNeed>();
  for (const need of needs) {
    const { sign } = need;
    if (sign.kind === 'header') headers.set(sign.name, need);
    else if (sign.kind === 'program' && (await findProgram(sign.name, env)) === undefined) {
      missing.push(need);
    }
  }
  const absent = await findMissingHeaders([...headers.keys()], env, compiler);
  missing.push(...absent.flatMap((name) => headers.get(name) ?? []));
  if (missing.length === 0) return;
  const words = missing.map(({ name, option }) =>
    option === undefined ? name : `${name} (CONFIG_${option})`,
  );
  const tools = [...new Set(missing.map(({ tool }) => tool))];
  throw new UtopiaError(
    'program-missing',
    `Building this kernel needs what this host lacks: ${words.join(', ')}.`,
    { hint: describeInstall(installCommand(await readOsRelease(), tools)) },
  );
}

/** Asks the compiler which headers it does not find, all at once; looks where they usually are without one. */
async function findMissingHeaders(
  headers: readonly string[],
  env: Environment,
  compiler: string,
): Promise<string[]> {
  const text = headers
    .map((name, index) => `#if !__has_include(<${name}>)\nutopia_missing_${index}\n#endif\n`)
    .join('');
  const answer = await preprocess(text, env, compiler);
  if (answer === undefined) {
    const there = await Promise.all(
      headers.map(async (name) => await isReachable(join('/usr/include', name))),
    );
    return headers.filter((_, index) => there[index] === false);
  }
  const lines = new Set(answer.split('\n'));
  return headers.filter((_, index) => lines.has(`utopia_missing_${index}`));
}

async function preprocess(
  text: string,
  env: Environment,
  compiler: string,
): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const options = { env, timeout: 10_000, maxBuffer: 1024 * 1024 };
    const child = execFile(compiler, ['-E', '-P', '-x', 'c', '-'], options, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(text);
  });
}
