import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import type { ExitStatus } from '../errors.ts';
import { readBuild } from '../kernel/build-store.ts';
import { findKernelConfig } from '../kernel/find-config.ts';
import { isReachable } from '../system/look.ts';
import { reportVerdict } from './report/kernel-verdict.ts';

export interface KernelCheckOptions {
  /** As typed: a tree, a .config, a bzImage, or the name of a build. */
  readonly path: string;
}

/** `utopia kernel check`: what happens when a kernel of this configuration is booted. */
export async function runKernelCheck(
  context: Context,
  globals: GlobalOptions,
  { path }: KernelCheckOptions,
): Promise<ExitStatus> {
  const build = await readBuild(context.env, path);
  const file = resolve(context.cwd, path);
  // A file or folder of that name is meant first, as it is by every other program.
  const target = build === undefined || (await isReachable(file)) ? file : build.folder;
  const found = await findKernelConfig(target, context.signal);
  return reportVerdict(context, globals, found);
}
