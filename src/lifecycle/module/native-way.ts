import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UnreadableVolume } from '../../image/ext/volume.ts';
import { findProgram } from '../../host/find-program.ts';
import { confine } from '../../module/confine.ts';
import type { KernelCompiler } from '../../module/compiler.ts';
import { readInstalledPackages, type InstalledPackage } from '../../module/installed-packages.ts';
import { toolPackages } from '../../module/tool-packages.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { isOutOfRoom } from '../../system/out-of-space.ts';
import { cacheRoot } from '../../system/places.ts';
import { object, oneOf, type Shaped } from '../../text/shape.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { KernelHeaders } from './headers.ts';
import { findKernelCompiler, type HostWay, type NoWay } from './host-way.ts';
import { findKeptFolder, keepFolder, type KeptFolders } from './kept-folders.ts';
import { askCompiler, tryConfinement, tryPrograms } from './probe.ts';
import { TooMuchTaken } from './take-files.ts';
import { takeTools } from './take-tools.ts';
import type { TargetKernel } from './target-kernel.ts';

export interface NativeBuild {
  readonly target: TargetKernel;
  readonly headers: KernelHeaders;
  /** Absolute folder of the module. */
  readonly folder: string;
  readonly display: ProgressDisplay;
}

/** dpkg's list of all packages: a desktop's has three MB. */
const mostStatusBytes = 64 * 2 ** 20;
const recordShape = object({ schema: oneOf(1) });

/** `$XDG_CACHE_HOME/utopia/tools`: a folder for each of three tool chains, of 300 MB. */
function keptTools(env: Environment): KeptFolders<Shaped<typeof recordShape>> {
  const parent = join(cacheRoot(env), 'tools');
  return { parent, most: 3, recordName: 'tools.json', shape: recordShape };
}

/**
 * Whether a module can be built on this host by the tool chain of the image: its compiler, make
 * and shell are taken out of the disk once, and run under bwrap with that as their whole system.
 * Other programs of an image than these are not taken, and none runs unconfined.
 */
export async function findNativeWay(
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
  { target, headers, folder, display }: NativeBuild,
): Promise<HostWay> {
  // What a build of one's own was built with is this host's, or nowhere any more.
  if (target.from === 'build') return none('');
  const bwrap = await findProgram('bwrap', env);
  if (bwrap === undefined) {
    return { ...none("no bwrap to run the image's tool chain under"), unconfinable: true };
  }
  const wanted = await findKernelCompiler(headers);
  const { system } = target.disk;
  if (wanted === undefined || system === undefined) return none('');
  // Before anything is taken out for it. The PATH of this host's user may show nothing of its system.
  const bare = confine({ bwrap, writable: [], readable: [], cwd: '/' });
  const trouble = await tryConfinement({ ...env, PATH: '/usr/bin:/bin' }, bare);
  if (trouble !== undefined) return { ...none(trouble), unconfinable: true };

  const title = 'tools';
  try {
    const status = await system.find('/var/lib/dpkg/status');
    if (status === undefined) return none("the image's packages are not dpkg's");
    const chosen = toolPackages(readInstalledPackages(await status.text(mostStatusBytes)), wanted);
    if ('missing' in chosen) return none(`the image has no package ${chosen.missing} either`);
    const folders = keptTools(env);
    const name = nameOf(target.identity, chosen.packages);
    let kept = await findKeptFolder(folders, name);
    if (kept === undefined) {
      display.report({ kind: 'started', title });
      const startedAt = performance.now();
      const fill = async (root: string): Promise<void> =>
        await takeTools(system, chosen.packages, root, signal);
      kept = await keepFolder(folders, name, { record: { schema: 1 }, fill, signal });
      const elapsedMs = performance.now() - startedAt;
      const detail = "the image's tool chain, taken out of it";
      display.report({ kind: 'finished', title, detail, elapsedMs });
    }
    const readable = headers.folders;
    const prefix = confine({
      ...{ bwrap, writable: [folder], readable, cwd: headers.build },
      system: kept.root,
    });
    return await tryTools(env, prefix, headers, wanted);
  } catch (error) {
    signal.throwIfAborted();
    if (isOutOfRoom(error)) return none(`there is no room for the image's tool chain`);
    if (error instanceof TooMuchTaken) return none(`the image's tool chain has ${error.message}`);
    if (error instanceof UnreadableVolume || error instanceof RangeError) {
      return none(`the image's tool chain cannot be read (${error.message})`);
    }
    throw error;
  }
}

async function tryTools(
  env: Environment,
  prefix: readonly string[],
  headers: KernelHeaders,
  { kind, major }: KernelCompiler,
): Promise<HostWay> {
  const compiler = `${kind}-${major}`;
  if ((await askCompiler(env, [...prefix, compiler])) !== major) {
    return none(`the image's ${compiler} does not run on this host`);
  }
  const complaint = await tryPrograms(env, headers.build, prefix);
  if (complaint !== undefined) return none(complaint);
  const variables = kind === 'gcc' ? [`CC=${compiler}`] : [`LLVM=-${major}`];
  return { kind: 'native', prefix, variables, compiler, unconfined: undefined, why: '' };
}

function none(why: string): NoWay {
  return { kind: 'none', why };
}

/** Told apart by the disk and its packages: what another disk calls by their names may be anything. */
function nameOf(identity: string, packages: readonly InstalledPackage[]): string {
  const listed = packages.map(({ name, version }) => [name, version]);
  const text = JSON.stringify([identity, listed]);
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
