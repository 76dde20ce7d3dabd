import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { findProgram } from '../../host/find-program.ts';
import { readOsRelease } from '../../host/find-qemu.ts';
import { describeInstall, installCommand } from '../../host/install-packages.ts';
import type { Need } from '../../host/needs.ts';
import { askTools } from '../../host/source/ask-tools.ts';
import { isReachable } from '../../system/look.ts';

/** What is needed, and for what. */
export interface WantedOnHost {
  /** The beginning of a sentence: `Building this kernel`. */
  readonly work: string;
  /** With the option of a kernel that asks for it, where one does. */
  readonly needs: readonly (Need & { readonly option?: string })[];
  /** Whom to ask for headers. */
  readonly compiler: string;
}

/** Throws `program-missing` with all that the host lacks, which options ask for it, and what installs it. */
export async function requireOnHost(
  { work, needs, compiler }: WantedOnHost,
  env: Environment,
  signal: AbortSignal,
): Promise<void> {
  const missing: WantedOnHost['needs'][number][] = [];
  const headers = new Map<string, WantedOnHost['needs'][number]>();
  for (const need of needs) {
    const { sign } = need;
    if (sign.kind === 'header') headers.set(sign.name, need);
    else if (!(await isOnHost(need, env, signal))) missing.push(need);
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
    `${work} needs what this host lacks: ${words.join(', ')}.`,
    { hint: describeInstall(installCommand(await readOsRelease(), tools)) },
  );
}

/** Where files of pkg-config are, for a host on which it cannot be asked. */
const libraryFolders = [
  ...['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/share', '/usr/local/lib'],
];

async function isOnHost({ sign }: Need, env: Environment, signal: AbortSignal): Promise<boolean> {
  if (sign.kind === 'program') return (await findProgram(sign.name, env)) !== undefined;
  const answer = await askTools(sign, signal, env);
  if (answer !== undefined || sign.kind !== 'library') return answer === true;
  const places = libraryFolders.map((folder) => join(folder, `pkgconfig/${sign.name}.pc`));
  return (await Promise.all(places.map(isReachable))).includes(true);
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
