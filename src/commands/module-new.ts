import { join } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { makeModule } from '../lifecycle/module/new-module.ts';
import type { SkeletonKind } from '../module/skeleton/skeleton-files.ts';

export interface ModuleNewOptions {
  readonly name: string;
  readonly kind: SkeletonKind;
}

/** `utopia module new`: the files of a new module, in a folder of its name. */
export async function runModuleNew(
  { terminal, cwd }: Context,
  globals: GlobalOptions,
  { name, kind }: ModuleNewOptions,
): Promise<void> {
  const files = await makeModule(cwd, name, kind);
  if (globals.json) {
    terminal.json({ schema: 1, folder: join(cwd, name), kind, files });
    return;
  }
  terminal.out(`${name}/: ${files.join(', ')}`);
  terminal.out(`  next      utopia module test ${name}`);
}
