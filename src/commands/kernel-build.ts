import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { buildKernel, type BuildEnd } from '../lifecycle/kernel/build-kernel.ts';
import { homeFolder } from '../system/places.ts';
import { countOf, formatBytes, formatDuration } from '../text/format.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { sayWarnings, withoutMore } from './report/build-messages.ts';

export interface KernelBuildOptions {
  /** As typed; relative to the current folder, which it is by default. */
  readonly source: string | undefined;
  readonly output: string | undefined;
  /** How many things make does at a time; undefined: as many as there are processors. */
  readonly jobs: number | undefined;
  readonly name: string | undefined;
  readonly targets: readonly string[];
  readonly llvm: boolean;
  readonly ccache: boolean;
}

/** `utopia kernel build`: make, with what it complains of at the end, and the kernel in the store. */
export async function runKernelBuild(
  context: Context,
  globals: GlobalOptions,
  options: KernelBuildOptions,
): Promise<void> {
  const { terminal, cwd } = context;
  const { output, name, targets, llvm, ccache } = options;
  const end = await buildKernel(
    context,
    {
      source: resolve(cwd, options.source ?? '.'),
      out: output === undefined ? undefined : resolve(cwd, output),
      jobs: options.jobs ?? availableParallelism(),
      ...{ name, targets, llvm, ccache },
    },
    { silent: globals.quiet || globals.json },
  );
  if (globals.json) terminal.json(asJson(end));
  else {
    sayWarnings(context, end.summary);
    if (end.kept !== undefined) await sayBuilt(context, end);
  }
  if (end.failure !== undefined) throw end.failure;
}

function asJson({ summary, ms, kept }: BuildEnd): object {
  return {
    schema: 1,
    name: kept?.build.name ?? null,
    version: kept?.build.version ?? null,
    image: kept?.build.image ?? null,
    modules: kept?.build.modules ?? null,
    warnings: summary.warnings.map(withoutMore),
    errors: summary.errors.map(withoutMore),
    ms,
  };
}

/** What there is now, and what to do with it. */
async function sayBuilt({ terminal, cwd, env }: Context, end: BuildEnd): Promise<void> {
  const { summary, ms, kept } = end;
  if (kept === undefined) return;
  const { name, version, image } = kept.build;
  const { size } = await stat(image);
  const modules = kept.moduleCount === 0 ? '' : `, ${countOf(kept.moduleCount, 'module')}`;
  const called = name === version ? name : `${name} (${version})`;
  terminal.out(`${called}: ${formatBytes(size)}${modules}, in ${formatDuration(ms)}`);
  terminal.out(`  image     ${shortenPath(image, cwd, homeFolder(env))}`);
  if (summary.warningCount > 0) terminal.out(`  warnings  ${summary.warningCount}`);
  terminal.out(`  next      utopia up --kernel ${name}`);
}
