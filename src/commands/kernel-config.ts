import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError, type ExitStatus } from '../errors.ts';
import { readFragmentName, readSetting } from '../kernel/fragments.ts';
import { readKernelTree } from '../kernel/kernel-tree.ts';
import { makeKernelConfig, type MadeConfig } from '../lifecycle/kernel/make-config.ts';
import { readConfigBase, readFragmentFile } from '../lifecycle/kernel/read-config-inputs.ts';
import { requireConfigPrograms } from '../lifecycle/kernel/require-programs.ts';
import { foldFor } from '../ui/lines.ts';
import { listConfigChanges } from '../ui/kernel-config.ts';
import { openProgress } from '../ui/progress.ts';
import { reportVerdict } from './report/kernel-verdict.ts';

export interface KernelConfigOptions {
  /** The tree, as typed. */
  readonly source: string;
  readonly base: string;
  readonly with: readonly string[];
  /** OPTION=VALUE, as typed. */
  readonly set: readonly string[];
  readonly fragments: readonly string[];
  readonly output: string | undefined;
  readonly menu: boolean;
}

/** `utopia kernel config`: a .config that boots in this machine. */
export async function runKernelConfig(
  context: Context,
  globals: GlobalOptions,
  options: KernelConfigOptions,
): Promise<ExitStatus> {
  const { terminal } = context;
  const tree = await readKernelTree(resolve(context.cwd, options.source));
  const out = resolve(context.cwd, options.output ?? options.source);
  const named = options.with.flatMap((text) => text.split(',')).map(readFragmentName);
  const set = options.set.map(readSetting);
  const files = await Promise.all(
    options.fragments.map((path) => readFragmentFile(resolve(context.cwd, path))),
  );
  if (options.menu && !terminal.interactive) {
    throw new UtopiaError('usage', '--menu needs a terminal, and there is none here.', {
      hint: 'Leave --menu out, and name options: --set OPTION=VALUE',
    });
  }
  await requireConfigPrograms(context.env, { menu: options.menu });
  const base = await readConfigBase(context, globals, tree, options.base);
  const progress = await openProgress(terminal, { quiet: globals.quiet || options.menu });
  const title = 'configuration';
  progress.report({ kind: 'started', title });
  let made: MadeConfig;
  const start = performance.now();
  try {
    made = await makeKernelConfig(context, {
      tree,
      out,
      base,
      named,
      files,
      set,
      menu: options.menu,
    });
    const elapsedMs = performance.now() - start;
    progress.report({ kind: 'finished', title, detail: made.file, elapsedMs });
  } finally {
    progress.close();
  }
  if (!globals.quiet) {
    for (const line of listConfigChanges(made)) {
      for (const part of foldFor(terminal.stderr, line, terminal.columns)) terminal.err(part);
    }
  }
  const { file, config } = made;
  return reportVerdict(context, globals, { config, file, version: tree.version, notes: [] });
}
