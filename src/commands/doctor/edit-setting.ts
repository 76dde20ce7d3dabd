import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { editKey, type LineEdit } from '../../config/edit.ts';
import { readConfigFile } from '../../config/file.ts';
import { loadConfig } from '../../config/load.ts';
import { readConfigText } from '../../config/text.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import type { FixCommand, Setting } from '../../host/check.ts';
import type { SettingEdit } from '../../host/fixes/types.ts';
import { homeFolder } from '../../system/places.ts';

/**
 * Reads this lab's utopia.config and gives a function that tells by which commands a
 * setting gets into it. `suffix` ends the name of the copy that is kept.
 */
export async function openSettings(
  context: Context,
  globals: GlobalOptions,
  suffix: string,
): Promise<(setting: Setting) => SettingEdit> {
  const { cwd, env } = context;
  const home = homeFolder(env);
  const place = { cwd, file: globals.config, machineFile: globals.machine?.file, env };
  const report = await loadConfig({ ...place, home });
  const file = await readConfigFile(place);
  const path = await realpath(file.path).catch(() => file.path);
  const { text, errors } = readConfigText(file.bytes);
  return ({ key, value }) => {
    const { origin, line } = report.values[key];
    if (origin === 'environment') return { refused: `${key} is set in the environment` };
    if (origin === 'dotenv') return { refused: `${report.dotenv.label}:${line} sets ${key}` };
    if (file.problem !== undefined || errors.length > 0) {
      return { refused: `${report.label} cannot be read` };
    }
    if (!file.exists || text === '') {
      const why = file.exists ? 'sets it' : 'makes the file, with this value';
      const write = { argv: ['sh', '-c', 'echo "$1" >> "$2"', 'sh', `${key}=${value}`, path] };
      return { place: report.label, line: 1, commands: [{ ...write, root: false, why }] };
    }
    const edit = editKey(text, key, value, env, home);
    if (edit === undefined) return { refused: `${report.label} sets ${key} in a way of its own` };
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
