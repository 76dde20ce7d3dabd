import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { isSystemProgram, confine } from '../../module/confine.ts';
import { compilerNames, readKernelCompiler, type KernelCompiler } from '../../module/compiler.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { findProgram } from '../../host/find-program.ts';
import type { KernelHeaders } from './headers.ts';
import { askCompiler, tryConfinement, tryPrograms } from './probe.ts';
import type { TargetKernel } from './target-kernel.ts';
import { fitsMake } from '../../text/make-path.ts';

/**
 * A way to build on this host, with its own tool chain or with the image's, or why there is none as
 * half a sentence.
 */
export type HostWay =
  | {
      readonly kind: 'host' | 'native';
      /** Stands before make: bwrap, or nothing. */
      readonly prefix: readonly string[];
      /** Variables of make that name the compiler. */
      readonly variables: readonly string[];
      /** What the compiler is called. */
      readonly compiler: string;
      /** Why it is not confined; undefined where it is. */
      readonly unconfined: string | undefined;
      /** Why not with this host's own tool chain, as half a sentence; empty where it is that one. */
      readonly why: string;
    }
  | NoWay;

export interface NoWay {
  readonly kind: 'none';
  readonly why: string;
  /** The reason is that nothing can be confined here. */
  readonly unconfinable?: boolean;
}

const mostConfigBytes = 16 * 2 ** 20;

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
    if (!fitsMake(path)) return none(`make takes no path with a blank or a colon: ${path}`);
  }
  const make = await findProgram('make', env);
  if (make === undefined) return none('this host has no make');
  const wanted = await findKernelCompiler(headers);
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
    return {
      ...none(`${whose} programs run on this host only confined, and ${confined.why}`),
      unconfinable: true,
    };
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
    why: '',
  };
}

function none(why: string): NoWay {
  return { kind: 'none', why };
}

/** The compiler that a kernel was built with; undefined where its configuration names none. */
export async function findKernelCompiler({
  build,
}: Pick<KernelHeaders, 'build'>): Promise<KernelCompiler | undefined> {
  const path = join(build, 'include/config/auto.conf');
  return readKernelCompiler(await readRegularText(path, mostConfigBytes).catch(() => ''));
}

async function findCompiler(
  env: Environment,
  wanted: KernelCompiler,
): Promise<{ readonly name: string; readonly path: string } | undefined> {
  for (const name of compilerNames(wanted)) {
    const path = await findProgram(name, env);
    if (path === undefined) continue;
    if ((await askCompiler(env, [path])) === wanted.major) {
      return { name, path: await realpath(path) };
    }
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
  const why = await tryConfinement(env, prefix);
  return why === undefined ? { kind: 'yes', prefix } : { kind: 'no', why };
}
