import { basename } from 'node:path';
import type { LineEdit } from '../../config/edit.ts';
import { loadConfig } from '../../config/load-config.ts';
import { openSettings as openFile } from '../../config/plan-edit.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { FixCommand, Setting } from '../../host/check.ts';
import type { SettingEdit } from '../../host/fixes/fix-unit.ts';
import { homeFolder } from '../../system/places.ts';

/**
 * Reads this lab's utopia.config and gives a function that tells by which commands a
 * setting gets into it. `suffix` ends the name of the copy that is kept.
 */
export async function openSettings(
  { cwd, env }: Pick<LifecycleContext, 'cwd' | 'env'>,
  globals: Pick<LifecycleOptions, 'config' | 'machine'>,
  suffix: string,
): Promise<(setting: Setting) => SettingEdit> {
  const home = homeFolder(env);
  const place = { cwd, file: globals.config, machineFile: globals.machine?.file, env };
  const report = await loadConfig({ ...place, home });
  const settings = await openFile(place, report, home);
  return ({ key, value }) => {
    const plan = settings.plan(key, value);
    if (plan.kind === 'refused') return { refused: plan.why };
    const { path } = plan;
    if (plan.kind === 'create') {
      const why = plan.exists ? 'sets it' : 'makes the file, with this value';
      const write = { argv: ['sh', '-c', 'echo "$1" >> "$2"', 'sh', plan.to, path] };
      return { place: report.label, line: 1, commands: [{ ...write, root: false, why }] };
    }
    const { edit } = plan;
    return {
      place: report.label,
      line: edit.line,
      commands: [keep(path, suffix), edited(path, edit)],
    };
  };
}

function keep(path: string, suffix: string): FixCommand {
  const argv = ['cp', '-p', path, `${path}.${suffix}`];
  return { argv, root: false, why: `keeps ${basename(path)} as it was` };
}

/** sed leaves every byte of the other lines, and of the rest of this one, as it is. */
function edited(path: string, edit: LineEdit): FixCommand {
  if (edit.kind === 'insert') {
    const argv = ['sed', '-i', `${edit.line}a\\${edit.to}`, path];
    return { argv, root: false, why: `adds the line ${edit.to}` };
  }
  const from = edit.from.replaceAll(/[\\/.*[\]^$]/g, '\\$&');
  const to = edit.to.replaceAll(/[\\/&]/g, '\\$&');
  const argv = ['sed', '-i', `${edit.line}s/${from}/${to}/`, path];
  return { argv, root: false, why: `${edit.from} becomes ${edit.to}` };
}
