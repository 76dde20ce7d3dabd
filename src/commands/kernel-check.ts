import type { Context, GlobalOptions } from '../context.ts';
import type { ExitStatus } from '../errors.ts';
import { findNamedConfig } from '../kernel/find-config.ts';
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
  const found = await findNamedConfig(context, path);
  return reportVerdict(context, globals, found);
}
