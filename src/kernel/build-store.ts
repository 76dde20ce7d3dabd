import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { readJson } from '../system/json-file.ts';
import { cacheRoot } from '../system/places.ts';
import { aCount, aText, aTime, either, listOf, object, oneOf, type Shaped } from '../text/shape.ts';

/** Files of a build, in its folder of the store; `modules` is missing for a kernel without modules. */
export const buildFiles = {
  record: 'build.json',
  image: 'bzImage',
  config: 'config',
  systemMap: 'System.map',
  modules: 'modules.ext4',
} as const;

/** What `build.json` must be. */
export const buildShape = object({
  schema: oneOf(1),
  name: aText,
  /** The kernel's release, as `uname -r` prints it. */
  version: aText,
  /** Absolute folders of the source and of the objects. */
  source: aText,
  out: aText,
  /** What was asked for beyond the base: names of utopia kernel config --with, and files. */
  fragments: listOf(aText),
  /** What the build takes in the store. */
  bytes: aCount,
  builtAt: aTime,
  /** Of the source, where it is a clone. */
  commit: either(aText, oneOf(null)),
});

export type BuildRecord = Shaped<typeof buildShape>;

/** A kernel in the store; paths are absolute. */
export interface KernelBuild extends BuildRecord {
  readonly folder: string;
  readonly image: string;
  readonly config: string;
  readonly systemMap: string;
  /** A file system that holds what /lib/modules/VERSION does. */
  readonly modules: string | undefined;
}

/** `$XDG_CACHE_HOME/utopia/kernels`: a folder for each build. */
export function kernelFolder(env: Environment): string {
  return join(cacheRoot(env), 'kernels');
}

/** What a build may be called: a file name that is no option and is not hidden. Pure. */
export function isBuildName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+~-]{0,63}$/.test(text);
}

/**
 * The build of that name, undefined where there is none. Throws `kernel-unsuitable` for one whose
 * record is damaged.
 */
export async function readBuild(env: Environment, name: string): Promise<KernelBuild | undefined> {
  if (!isBuildName(name)) return undefined;
  const folder = join(kernelFolder(env), name);
  const file = join(folder, buildFiles.record);
  const reading = await readJson(file, buildShape);
  if (reading.kind === 'absent') return undefined;
  if (reading.kind === 'unreadable') {
    throw new UtopiaError('kernel-unsuitable', `${file} cannot be used: ${reading.why}`, {
      hint: `Build it again; it takes the place of this one: utopia kernel build --name ${name}`,
    });
  }
  const modules = join(folder, buildFiles.modules);
  const hasModules = await stat(modules).then(
    (found) => found.isFile(),
    () => false,
  );
  return {
    ...reading.value,
    name,
    folder,
    image: join(folder, buildFiles.image),
    config: join(folder, buildFiles.config),
    systemMap: join(folder, buildFiles.systemMap),
    modules: hasModules ? modules : undefined,
  };
}

/** All builds by name, and folders whose record is damaged, each with why; a draft is neither. */
export async function listBuilds(
  env: Environment,
): Promise<{ readonly builds: readonly KernelBuild[]; readonly damaged: readonly UtopiaError[] }> {
  const names = await readdir(kernelFolder(env)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const builds: KernelBuild[] = [];
  const damaged: UtopiaError[] = [];
  for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
    try {
      const build = await readBuild(env, name);
      if (build !== undefined) builds.push(build);
    } catch (error) {
      if (!(error instanceof UtopiaError)) throw error;
      damaged.push(error);
    }
  }
  return { builds, damaged };
}
