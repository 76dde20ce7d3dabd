import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { runInGuest } from '../../guest/ssh.ts';
import { readModulesOrder } from '../../module/built-objects.ts';
import { fileWithin } from './file-within.ts';
import {
  explainLoad,
  explainUnload,
  loadScript,
  moduleName,
  readLoadAnswer,
  saidAtLoad,
  unloadScript,
  type LoadRefusal,
} from '../../module/load-script.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { askRoot } from '../kernel/find-guest-kernels.ts';

/** stop_machine and RCU take a second emulated. */
const removeSeconds = 10;

/** Names of the modules that were built last in a folder. Throws `usage` where none were. */
export async function builtModules(folder: string): Promise<readonly string[]> {
  const order = await readRegularText(join(folder, 'modules.order')).catch(() => '');
  const names = readModulesOrder(order, folder).map(moduleName);
  if (names.length > 0) return names;
  throw new UtopiaError('usage', `No module was built in ${folder}.`, {
    hint: 'Name the modules to unload, or the folder that they were built in.',
  });
}

/** Modules that were inserted. */
export interface LoadedModules {
  /** Their names, in this order. */
  readonly loaded: readonly string[];
  /** What the kernel's log has of that time, a line each. */
  readonly log: readonly string[];
}

/**
 * Inserts the modules that were built in a folder into the running guest, those that need others
 * after them. Throws `guest-refused` with the reason.
 */
export async function loadModules(
  access: GuestAccess,
  folder: string,
  objects: readonly string[],
  parameters: readonly string[],
): Promise<LoadedModules> {
  const loaded: string[] = [];
  const log: string[] = [];
  let left = [...objects];
  // A round that loads none of them is the last.
  for (let round = left.length; left.length > 0;) {
    const [object = '', ...rest] = left;
    const name = moduleName(object);
    const script = loadScript(name, parameters);
    const { stdout, status } = await runInGuest(access, script, {
      inputFile: await fileWithin(folder, object),
    });
    const answer = readLoadAnswer(stdout);
    if (status === 0 && answer.outcome === 'done') {
      loaded.push(name);
      log.push(...saidAtLoad(answer));
      left = rest;
      round = left.length;
      continue;
    }
    round -= 1;
    if (!/Unknown symbol/.test(answer.said) || round <= 0) throw refused(explainLoad(name, answer));
    left = [...rest, object];
  }
  return { loaded, log };
}

/** Removes modules from the running guest, in this order; gives those that were there. Throws `guest-refused`. */
export async function unloadModules(
  access: GuestAccess,
  names: readonly string[],
): Promise<readonly string[]> {
  const gone: string[] = [];
  let left = [...names];
  for (let round = left.length; left.length > 0;) {
    const [name = '', ...rest] = left;
    const what = `The guest did not tell what became of ${name}.`;
    const answer = readLoadAnswer(await askRoot(access, unloadScript(name, removeSeconds), what));
    if (answer.outcome !== 'refused') {
      if (answer.outcome === 'done') gone.push(name);
      left = rest;
      round = left.length;
      continue;
    }
    round -= 1;
    // One that another of them uses goes after it.
    const isOurs = answer.holders.some((each) => rest.includes(each));
    if (!isOurs || round <= 0) throw refused(explainUnload(name, answer));
    left = [...rest, name];
  }
  return gone;
}

function refused({ why, hint, details }: LoadRefusal): UtopiaError {
  return new UtopiaError('guest-refused', why, { hint, details });
}
