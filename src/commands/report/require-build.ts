import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { kernelFolder, listBuilds, readBuild, type KernelBuild } from '../../kernel/build-store.ts';

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
