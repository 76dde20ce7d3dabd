import type { KeyName } from '../../config/keys.ts';
import { loadConfig } from '../../config/load.ts';
import { locate, requireConfig } from '../../config/report.ts';
import type { Config } from '../../config/types.ts';
import type { LifecycleContext, LifecycleOptions } from '../context.ts';
import { homeFolder } from '../../system/places.ts';
import { machinePaths, type MachinePaths } from '../../machine/paths.ts';
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
  const paths = machinePaths(config, context.env, uid);
  return { config, paths: await pathsWhileRescued(paths), uid };
}
