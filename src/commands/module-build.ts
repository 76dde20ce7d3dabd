import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { locateMachine, type ConfigFlags } from '../lifecycle/launch/locate.ts';
import { buildModule } from '../lifecycle/module/build-module.ts';
import type { ModuleBuild } from '../lifecycle/module/module-build.ts';
import { countOf, formatBytes, formatDuration } from '../text/format.ts';
import { reportBuildTrouble } from './report/watch-build.ts';
import { sayDiagnostics } from './report/diagnostics.ts';

export interface ModuleBuildOptions {
  /** As typed; relative to the current folder, which it is by default. */
  readonly folder: string | undefined;
  /** How many things make does at a time; undefined: as many as there are processors. */
  readonly jobs: number | undefined;
  readonly check: boolean;
  readonly yes: boolean;
  readonly flags: ConfigFlags;
}

/** `utopia module build`: a module for the machine's kernel, built where that is quickest. */
export async function runModuleBuild(
  context: Context,
  globals: GlobalOptions,
  options: ModuleBuildOptions,
): Promise<void> {
  const { terminal, cwd } = context;
  const folder = resolve(cwd, options.folder ?? '.');
  const located = await locateMachine(context, globals, options.flags);
  const build = await buildModule(context, globals, located, {
    ...{ folder, use: 'machine', check: options.check, yes: options.yes },
    jobs: options.jobs ?? availableParallelism(),
  });
  if (globals.json) terminal.json(build.report);
  else {
    sayDiagnostics(context, folder, build.report.diagnostics);
    if (build.failure === undefined) await sayBuilt(context, folder, build);
    else if (build.trouble !== undefined) reportBuildTrouble(terminal, build.trouble);
  }
  if (build.failure !== undefined) throw build.failure;
}

async function sayBuilt({ terminal }: Context, folder: string, build: ModuleBuild): Promise<void> {
  const { objects, ms, diagnostics } = build.report;
  const took = formatDuration(ms);
  for (const object of objects) {
    const { size } = await stat(join(folder, object));
    terminal.out(`${object}: ${formatBytes(size)}${objects.length === 1 ? `, in ${took}` : ''}`);
  }
  if (objects.length > 1) terminal.out(`${countOf(objects.length, 'module')}, in ${took}`);
  if (diagnostics.length > 0) terminal.out(`  warnings  ${diagnostics.length}`);
}
