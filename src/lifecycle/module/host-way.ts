import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { isSystemProgram, confine } from '../../module/confine.ts';
import { compilerNames, readKernelCompiler, readMajor } from '../../module/compiler.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { findProgram } from '../../host/find-program.ts';
import type { KernelHeaders } from './headers.ts';
import type { TargetKernel } from './target-kernel.ts';

/** A way to build on this host, or why there is none as half a sentence. */
export type HostWay =
  | {
      readonly kind: 'host';
      /** Stands before make: bwrap, or nothing. */
      readonly prefix: readonly string[];
      /** Variables of make that name the compiler. */
      readonly variables: readonly string[];
      /** What the compiler is called here. */
      readonly compiler: string;
      /** Why it is not confined; undefined where it is. */
      readonly unconfined: string | undefined;
    }
  | { readonly kind: 'none'; readonly why: string };

const mostConfigBytes = 16 * 2 ** 20;
/** Programs of the image's that kbuild runs; not every kernel has objtool. */
const ownPrograms = ['scripts/basic/fixdep', 'scripts/mod/modpost', 'tools/objtool/objtool'];
const probeMs = 20_000;
/** What the dynamic linker and a shell say of a program that is not for this host. */
const unrunnable =
  /not found \(required by|error while loading shared libraries|Exec format error|cannot execute/;

/**
 * Whether this host can build a module of `folder` against these headers: a compiler of the
 * kernel's version, and kbuild's own programs run. Where bwrap works, the build is confined. Where
 * it does not, only programs of a build of one's own, or of an image that utopia built, are run.
 */
export async function findHostWay(
  env: Environment,
  target: TargetKernel,
  headers: KernelHeaders,
  folder: string,
): Promise<HostWay> {
  for (const path of [headers.build, ...headers.folders]) {
    if (/[\s:]/.test(path)) return none(`make takes no path with a blank or a colon: ${path}`);
  }
  const make = await findProgram('make', env);
  if (make === undefined) return none('this host has no make');
  const config = await readRegularText(
    join(headers.build, 'include/config/auto.conf'),
    mostConfigBytes,
  ).catch(() => '');
  const wanted = readKernelCompiler(config);
  if (wanted === undefined) return none('its configuration names no compiler');
  const found = await findCompiler(env, wanted);
  if (found === undefined) return none(`this host has no ${wanted.kind} ${wanted.major}`);
  if (wanted.kind === 'clang' && (await findProgram('ld.lld', env)) === undefined) {
    return none('this host has no ld.lld');
  }

  const confined = await tryConfined(env, headers, folder, [make, found.path]);
  const isTrusted = target.from === 'build' || (target.from === 'image' && target.isOurs);
  if (confined.kind === 'no' && !isTrusted) {
    const whose = target.from === 'image' ? "the image's" : "the guest's";
    return none(`${whose} programs run on this host only confined, and ${confined.why}`);
  }
  const prefix = confined.kind === 'yes' ? confined.prefix : [];
  const complaint = await tryPrograms(env, headers.build, prefix);
  if (complaint !== undefined) return none(complaint);
  return {
    kind: 'host',
    prefix,
    variables: wanted.kind === 'gcc' ? [`CC=${found.name}`] : ['LLVM=1'],
    compiler: found.name,
    unconfined: confined.kind === 'no' ? confined.why : undefined,
  };
}

function none(why: string): HostWay {
  return { kind: 'none', why };
}

async function findCompiler(
  env: Environment,
  wanted: Parameters<typeof compilerNames>[0],
): Promise<{ readonly name: string; readonly path: string } | undefined> {
  for (const name of compilerNames(wanted)) {
    const path = await findProgram(name, env);
    if (path === undefined) continue;
    const { output } = await ask(env, [path, '-dumpversion']);
    if (readMajor(output) === wanted.major) return { name, path: await realpath(path) };
  }
  return undefined;
}

type Confined =
  | { readonly kind: 'yes'; readonly prefix: readonly string[] }
  | { readonly kind: 'no'; readonly why: string };

async function tryConfined(
  env: Environment,
  headers: KernelHeaders,
  folder: string,
  programs: readonly string[],
): Promise<Confined> {
  const bwrap = await findProgram('bwrap', env);
  if (bwrap === undefined) return { kind: 'no', why: 'this host has no bwrap' };
  const elsewhere = programs.find((path) => !isSystemProgram(path));
  if (elsewhere !== undefined) {
    return { kind: 'no', why: `bwrap does not show it ${elsewhere}` };
  }
  const prefix = confine({
    ...{ bwrap, cwd: headers.build },
    ...{ writable: [folder], readable: headers.folders },
  });
  const { status, output } = await ask(env, [...prefix, 'true']);
  if (status === 0) return { kind: 'yes', prefix };
  const said = output.trim().split('\n').at(-1) ?? '';
  return { kind: 'no', why: `bwrap does not work here (${said.slice(0, 100)})` };
}

/** Starts each of kbuild's programs without arguments; what one that cannot run comes to, as half a sentence. */
async function tryPrograms(
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

async function ask(
  env: Environment,
  [program = '', ...args]: readonly string[],
): Promise<{ readonly status: number; readonly output: string }> {
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
