import { join } from 'node:path';
import type { KeyName } from '../../config/config-keys.ts';
import { loadConfig } from '../../config/load-config.ts';
import { locate, requireConfig } from '../../config/config-report.ts';
import type { Config } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { homeFolder } from '../../system/places.ts';
import { copyName } from '../../machine/copy-name.ts';
import { machinePaths, pathsOfId, type MachinePaths } from '../../machine/paths.ts';
import { pathsWhileRescued } from './rescued-paths.ts';
import { lookUpwards } from './look-upwards.ts';

/** Values that flags set for this run, as they would stand in the file. */
export type ConfigFlags = Partial<Record<KeyName, string>>;

/** The machine that a command is about: its config and its files. */
export interface LocatedMachine {
  readonly config: Config;
  readonly paths: MachinePaths;
  readonly uid: number;
}

/**
 * Finds the machine of this folder, or of the nearest one above that has one. Warnings of the config go to stderr; its
 * errors are thrown, all of them at once (`config-invalid`).
 */
export async function locateMachine(
  context: LifecycleContext,
  globals: LifecycleOptions,
  flags: ConfigFlags = {},
): Promise<LocatedMachine> {
  const { config: file, machine } = await lookUpwards(context, globals);
  const report = await loadConfig({
    cwd: context.cwd,
    file,
    machineFile: machine?.file,
    env: context.env,
    flags,
    home: homeFolder(context.env),
  });
  const config = requireConfig(report);
  if (!globals.quiet) {
    for (const warning of report.warnings)
      context.reporter.warn(`${locate(report, warning)}${warning.message}`);
  }
  const uid = process.getuid?.() ?? 0;
  if (machine?.copy !== undefined) return locateCopy(context, config, uid, machine.copy);
  const paths = machinePaths(config, context.env, uid);
  return { config, paths: await pathsWhileRescued(paths), uid };
}

/**
 * The machine as `locateMachine` finds it, or undefined where its configuration has errors, of
 * which `invalid` hears: for what can be done without one.
 */
export async function locateIfValid(
  context: LifecycleContext,
  globals: LifecycleOptions,
  invalid: (error: UtopiaError) => void = () => {},
): Promise<LocatedMachine | undefined> {
  try {
    return await locateMachine(context, globals);
  } catch (error) {
    if (!(error instanceof UtopiaError) || error.code !== 'config-invalid') throw error;
    invalid(error);
    return undefined;
  }
}

/** A copy that runs, by what it is called; nothing of its machine is in the way of what is done to it. */
function locateCopy(
  { env }: LifecycleContext,
  config: Config,
  uid: number,
  copy: string,
): LocatedMachine {
  const own = pathsOfId(copy, env, uid);
  // The copy's own is held by the run that made it, to its end.
  const paths = { ...own, lockFile: join(own.stateDir, 'visitors.lock') };
  const privateFile = join(paths.stateDir, 'private.qcow2');
  return { config: { ...config, name: copyName(paths), privateFile }, paths, uid };
}
