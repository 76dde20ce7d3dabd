import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { availableBytes } from '../../image/free-space.ts';
import { buildNeeds, estimateBuildBytes } from '../../kernel/build-needs.ts';
import { mostConfigBytes, parseKernelConfig, type KernelConfig } from '../../kernel/config-text.ts';
import { readSourceTree, type SourceTree } from '../../kernel/source-tree.ts';
import { requireX86 } from '../../kernel/kernel-tree.ts';
import { isReachable } from '../../system/look.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { readRegularFile, whyUnreadable } from '../../system/regular-file.ts';
import { namedFolderMode, underUsersUmask } from '../../system/umask.ts';
import { formatBytes } from '../../text/format.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { requireOnHost } from './host-needs.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { lockOut } from './out-record.ts';
import { fitsMake } from '../../text/make-path.ts';

/** How a kernel is to be built; paths are absolute. */
export interface BuildRequest {
  readonly source: string;
  /** Where objects go; undefined: the source, or where KBUILD_OUTPUT says. */
  readonly out: string | undefined;
  readonly jobs: number;
  /** What the build is called in the store; undefined: after its release. */
  readonly name: string | undefined;
  /** Targets of make instead of the kernel and its modules; then nothing is kept in the store. */
  readonly targets: readonly string[];
  readonly llvm: boolean;
  readonly ccache: boolean;
}

/** A build that can begin: all that it needs is there, and nobody else builds in its folder. */
export interface PreparedBuild extends AsyncDisposable {
  readonly tree: SourceTree;
  readonly out: string;
  readonly config: KernelConfig;
  /** Whether a kernel was built there before. */
  readonly again: boolean;
  /** Something to know before it begins. */
  readonly warning: string | undefined;
  /** make's whole command line, to be run in the source's folder. */
  makeArgv(...targets: readonly string[]): readonly string[];
}

/**
 * Looks at source, configuration and host before anything is changed. Throws `kernel-unsuitable`,
 * `folder-missing`, `program-missing`, `disk-full`, `kernel-busy`, `cannot-create`.
 */
export async function prepareBuild(
  request: BuildRequest,
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
): Promise<PreparedBuild> {
  const tree = await readSourceTree(request.source);
  const out = request.out ?? outOf(tree, env);
  for (const folder of [tree.source, out]) refuseBlank(folder);
  const config = await readConfig(tree, out);
  await refuseDirtySource(tree, out);
  const llvm = request.llvm || !/^(?:0|)$/.test(env['LLVM'] ?? '');
  const modules = request.targets.length === 0 && config.options.get('MODULES') === 'y';
  const compiler = llvm ? 'clang' : 'gcc';
  const needs = buildNeeds(config, { llvm, ccache: request.ccache, modules });
  await requireOnHost({ work: 'Building this kernel', needs, compiler }, env, signal);
  await makeOut(out);
  const again = await isReachable(join(out, 'vmlinux'));
  const warning = again || request.targets.length > 0 ? undefined : await checkRoom(config, out);
  const lock = await lockOut(out, 'kernel-busy');
  const variables = [
    ...(out === tree.source ? [] : [`O=${out}`]),
    ...(request.llvm ? ['LLVM=1'] : []),
    ...(request.ccache
      ? [`CC=ccache ${env['CROSS_COMPILE'] ?? ''}${compiler}`, `HOSTCC=ccache ${compiler}`]
      : []),
  ];
  return {
    ...{ tree, out, config, again, warning },
    makeArgv: (...targets) => ['make', `-j${request.jobs}`, ...variables, ...targets],
    [Symbol.asyncDispose]: async () => await lock.close(),
  };
}

/** Where a source's objects go unless another place is named, as make has it. Pure. */
export function outOf({ source, out }: SourceTree, env: Environment): string {
  return out === source ? (env['KBUILD_OUTPUT'] ?? out) : out;
}

/** What `utopia kernel config` is to be given to make the .config of this build. */
export function configCommand(tree: SourceTree, out: string): string {
  const folder = quoteForShell(tree.source);
  return `utopia kernel config ${folder}${out === tree.source ? '' : ` -o ${quoteForShell(out)}`}`;
}

/** The kernel's own Makefile refuses such a path. */
function refuseBlank(folder: string): void {
  if (fitsMake(folder)) return;
  throw new UtopiaError(
    'kernel-unsuitable',
    `A kernel cannot be built in ${folder}: make takes no path with a blank or a colon.`,
    { hint: 'Move or rename the folder, or name another one for the objects: -o FOLDER' },
  );
}

async function readConfig(tree: SourceTree, out: string): Promise<KernelConfig> {
  const path = join(out, '.config');
  const hint = `Make one that boots in this machine: ${configCommand(tree, out)}`;
  let bytes: Buffer;
  try {
    bytes = await readRegularFile(path, mostConfigBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `The kernel in ${out} is not configured: it has no .config.`
        : `${path} cannot be read: ${whyUnreadable(error)}`;
    throw new UtopiaError('kernel-unsuitable', what, { hint });
  }
  const config = parseKernelConfig(bytes.toString('utf8'));
  if (config === undefined) {
    throw new UtopiaError('kernel-unsuitable', `${path} is no configuration of a kernel.`, {
      hint,
    });
  }
  const { architecture, options } = config;
  requireX86(path, architecture);
  if (options.get('X86_32') === 'y' || (config.complete && options.get('64BIT') !== 'y')) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `${path} is of a kernel of 32 bits (CONFIG_64BIT is not set), which runs no program of an x86-64 image.`,
      { hint },
    );
  }
  return config;
}

/** kbuild builds in another folder only what has no objects in its own. */
async function refuseDirtySource({ source }: SourceTree, out: string): Promise<void> {
  if (out === source) return;
  const traces = ['.config', 'include/config', 'arch/x86/include/generated'];
  for (const name of traces) {
    if (!(await isReachable(join(source, name)))) continue;
    throw new UtopiaError(
      'kernel-unsuitable',
      `${source} was configured itself (${name}): make builds in another folder only what is clean.`,
      {
        details: [
          'make mrproper removes objects and .config of the source; keep the .config first.',
        ],
        hint: `Build in the source, without -o; or clean it: make -C ${quoteForShell(source)} mrproper`,
      },
    );
  }
}

/** Makes the folder for the objects, as one of the user's. */
export async function makeOut(out: string): Promise<void> {
  const mode = namedFolderMode();
  const made = underUsersUmask(() => makeFolder(out, { mode }));
  await made;
}

/** Refuses where not even half of what is needed is free; a warning where it may not be enough. */
async function checkRoom(config: KernelConfig, out: string): Promise<string | undefined> {
  const needed = estimateBuildBytes(config);
  const free = await availableBytes(out);
  if (free >= needed) return undefined;
  const room = `${formatBytes(free)} are free in ${out}, and building this config takes about ${formatBytes(needed)}.`;
  if (free >= needed / 2) return `Only ${room}`;
  throw new UtopiaError('disk-full', `Too little room: ${room}`, {
    hint:
      config.options.get('DEBUG_INFO') === 'y'
        ? 'Name a folder with more room (-o FOLDER), or build without debug information.'
        : 'Name a folder with more room: -o FOLDER',
  });
}
