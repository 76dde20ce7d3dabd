import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { machinePaths } from '../../machine/paths.ts';
import { readState } from '../../machine/state.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';

/** Throws `machine-unknown` where the folder of a machine is gone; `file` is its config's path. */
export async function requireFolder(file: string): Promise<void> {
  const folder = dirname(file);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new UtopiaError('machine-unknown', `The folder of this machine is gone: ${folder}`, {
    hint: 'Was it moved? Then start it in its new place: utopia -C FOLDER up',
  });
}

/**
 * Options that name the machine of a config file, which need not exist, and leave the current
 * folder as it is where they can.
 */
export async function addressOf(
  { env }: Pick<LifecycleContext, 'env'>,
  file: string,
): Promise<readonly string[]> {
  const exists = await stat(file).catch(() => undefined);
  if (exists !== undefined) return ['--config', file];
  const paths = machinePaths({ file }, env, process.getuid?.() ?? 0);
  const started = (await readState(paths)) !== undefined;
  return started ? ['-n', paths.id] : ['-C', dirname(file)];
}
