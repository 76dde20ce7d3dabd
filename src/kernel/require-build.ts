import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { kernelFolder, listBuilds, readBuild, type KernelBuild } from './build-store.ts';

/** The build of that name. Throws `kernel-unknown`, with the names that there are. */
export async function requireBuild(env: Environment, name: string): Promise<KernelBuild> {
  const build = await readBuild(env, name);
  if (build !== undefined) return build;
  const { builds } = await listBuilds(env);
  throw new UtopiaError('kernel-unknown', `There is no kernel "${name}" in ${kernelFolder(env)}.`, {
    hint:
      builds.length === 0
        ? 'There is none yet: utopia kernel build'
        : `There are: ${builds.map((each) => each.name).join(', ')}`,
  });
}

/**
 * The build of that name, or the one that was built last. Throws `kernel-unknown`, and
 * `kernel-unsuitable` where only damaged ones are there.
 */
export async function requireBuildOrNewest(
  env: Environment,
  name: string | undefined,
): Promise<KernelBuild> {
  if (name !== undefined) return await requireBuild(env, name);
  const { builds, damaged } = await listBuilds(env);
  const newest = builds.toSorted((a, b) => b.builtAt.localeCompare(a.builtAt))[0];
  if (newest !== undefined) return newest;
  throw (
    damaged[0] ??
    new UtopiaError('kernel-unknown', 'No kernel has been built yet.', {
      hint: 'utopia kernel build, in the tree of a kernel',
    })
  );
}
