import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { buildModule } from '../lifecycle/module/build-module.ts';
import { builtModules, loadModules, unloadModules } from '../lifecycle/module/load-module.ts';
import { findGuest } from '../lifecycle/watch/find-guest.ts';
import { moduleName } from '../module/load-script.ts';
import { leadsToFolder } from '../system/look.ts';
import { sayDiagnostics } from './report/diagnostics.ts';
import { reportBuildTrouble } from './report/watch-build.ts';

export interface ModuleLoadOptions {
  /** As typed; relative to the current folder, which it is by default. */
  readonly folder: string | undefined;
  /** `NAME=VALUE`, as insmod takes them. */
  readonly parameters: readonly string[];
  /** Take the one before out first. */
  readonly again: boolean;
  readonly yes: boolean;
}

/** `utopia module load` and `reload`: builds a module and inserts it into the running machine. */
export async function runModuleLoad(
  context: Context,
  globals: GlobalOptions,
  { folder: typed, parameters, again, yes }: ModuleLoadOptions,
): Promise<void> {
  const { terminal, cwd } = context;
  const folder = resolve(cwd, typed ?? '.');
  const odd = parameters.find((each) => !/^\w+(?:=.*)?$/.test(each));
  if (odd !== undefined) {
    throw new UtopiaError('usage', `${JSON.stringify(odd)} is no parameter of a module.`, {
      hint: 'As insmod takes them: utopia module load DIR -- debug=1',
    });
  }
  const { access, machine } = await findGuest(context, globals, 'root');
  const build = await buildModule(context, globals, machine, {
    ...{ folder, use: 'machine', check: false, yes, jobs: availableParallelism() },
  });
  if (!globals.json) sayDiagnostics(context, folder, build.report.diagnostics);
  if (build.failure !== undefined) {
    if (globals.json) {
      terminal.json({ schema: 1, loaded: [], removed: [], log: [], build: build.report });
    } else if (build.trouble !== undefined) reportBuildTrouble(terminal, build.trouble);
    throw build.failure;
  }
  const { objects } = build.report;
  const names = objects.map(moduleName);
  const removed = again ? await unloadModules(access, names.toReversed()) : [];
  const { loaded, log } = await loadModules(access, folder, objects, parameters);
  if (globals.json) terminal.json({ schema: 1, loaded, removed, log, build: build.report });
  else {
    const was = removed.length === 0 ? '' : ', in the place of the one before';
    terminal.out(`${loaded.join(', ')} loaded${was}`);
    for (const line of log) terminal.out(`  | ${line}`);
  }
}

export interface ModuleUnloadOptions {
  /** Names of modules, or one folder that they were built in; none for the current folder. */
  readonly words: readonly string[];
}

/** `utopia module unload`: removes modules from the running machine. */
export async function runModuleUnload(
  context: Context,
  globals: GlobalOptions,
  { words }: ModuleUnloadOptions,
): Promise<void> {
  const { terminal, cwd } = context;
  const folder = resolve(cwd, words[0] ?? '.');
  const isFolder = words.length <= 1 && (await leadsToFolder(folder));
  const names = isFolder
    ? (await builtModules(folder)).toReversed()
    : words.map((word) => moduleName(word));
  const odd = names.find((name) => !/^\w{1,63}$/.test(name));
  if (odd !== undefined) {
    throw new UtopiaError('usage', `${JSON.stringify(odd)} is no name of a module.`, {
      hint: 'As lsmod prints them: utopia ssh -- lsmod',
    });
  }
  const { access } = await findGuest(context, globals, 'root');
  const removed = await unloadModules(access, names);
  const absent = names.filter((name) => !removed.includes(name));
  if (globals.json) terminal.json({ schema: 1, removed, absent });
  else {
    if (removed.length > 0) terminal.out(`${removed.join(', ')} removed`);
    if (absent.length > 0) terminal.out(`${absent.join(', ')}: not loaded`);
  }
}
