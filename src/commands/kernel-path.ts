import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { requireBuild } from '../kernel/require-build.ts';

/** A file of a build, or the folder of its source or of its objects. */
export type KernelPart = 'image' | 'modules' | 'config' | 'systemMap' | 'source' | 'out';

/** `utopia kernel path NAME`: where a build's kernel is, or another part of it. */
export async function runKernelPath(
  context: Context,
  globals: GlobalOptions,
  { name, part }: { readonly name: string; readonly part: KernelPart },
): Promise<void> {
  const { terminal, env } = context;
  const build = await requireBuild(env, name);
  if (globals.json) {
    const { image, modules = null, config, systemMap, source, out } = build;
    terminal.json({ schema: 1, name, image, modules, config, systemMap, source, out });
    return;
  }
  const path = build[part];
  if (path === undefined) {
    throw new UtopiaError('kernel-unknown', `The kernel ${name} has no modules.`, {
      hint: `Its configuration: utopia kernel path ${name} --config-file`,
    });
  }
  terminal.outWhole(path);
}
