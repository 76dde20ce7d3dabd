import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { readMajor } from '../../module/compiler.ts';

/** Programs of the image's that kbuild runs; not every kernel has objtool. */
const ownPrograms = ['scripts/basic/fixdep', 'scripts/mod/modpost', 'tools/objtool/objtool'];
const probeMs = 20_000;
/** What the dynamic linker and a shell say of a program that is not for this host. */
const unrunnable =
  /not found \(required by|error while loading shared libraries|Exec format error|cannot execute/;

/** What a program's short run came to; 1 where it could not be started. */
export interface Answer {
  readonly status: number;
  readonly output: string;
}

/** Runs a program that ends at once. */
export async function ask(
  env: Environment,
  [program = '', ...args]: readonly string[],
): Promise<Answer> {
  return await new Promise((resolve) => {
    const options = {
      env: { ...env, LC_ALL: 'C' },
      timeout: probeMs,
      killSignal: 'SIGKILL',
      maxBuffer: 1024 * 1024,
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const code: unknown = error === null ? 0 : (error.code ?? 1);
      resolve({ status: typeof code === 'number' ? code : 1, output: `${stdout}${stderr}` });
    });
  });
}

/** The compiler's major version; undefined where it does not run. */
export async function askCompiler(
  env: Environment,
  compiler: readonly string[],
): Promise<number | undefined> {
  return readMajor((await ask(env, [...compiler, '-dumpversion'])).output);
}

/** Why bwrap does not work here, as half a sentence; undefined where it does. */
export async function tryConfinement(
  env: Environment,
  prefix: readonly string[],
): Promise<string | undefined> {
  const { status, output } = await ask(env, [...prefix, 'true']);
  if (status === 0) return undefined;
  const said = output.trim().split('\n').at(-1) ?? '';
  return `bwrap does not work here (${said.slice(0, 100)})`;
}

/**
 * Starts each of kbuild's programs without arguments; what one that cannot run comes to, as half a
 * sentence. `prefix` confines them, or is empty.
 */
export async function tryPrograms(
  env: Environment,
  build: string,
  prefix: readonly string[],
): Promise<string | undefined> {
  // In a folder of its own: what they do without arguments is write nothing, and be it so.
  const aside = await mkdtemp(join(tmpdir(), 'utopia-module-'));
  try {
    const script = `cd ${prefix.length > 0 ? '/tmp' : '"$0"'}; for each do [ -e "$each" ] && "$each" </dev/null; done; exit 0`;
    const paths = ownPrograms.map((each) => join(build, each));
    const { output } = await ask(env, [...apart(prefix), 'sh', '-c', script, aside, ...paths]);
    if (!unrunnable.test(output)) return undefined;
    const library = /version [`']([\w.]+)' not found/.exec(output)?.[1];
    return library === undefined
      ? "the kernel's build programs do not run on this host"
      : `the kernel's build programs want ${library}, which this host's C library has not`;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * The same confinement without our terminal: a program that has it could type into it (TIOCSTI).
 * make has none, since it is the first of a session of its own.
 */
function apart([bwrap, ...rest]: readonly string[]): readonly string[] {
  return bwrap === undefined ? [] : [bwrap, '--new-session', ...rest];
}
