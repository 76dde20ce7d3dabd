import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readRegularText } from '../../system/regular-file.ts';

/**
 * Whether what kbuild has made of the .config is newer than it and than every Kconfig file that it
 * was made with: make would ask nothing, and olddefconfig would change nothing.
 */
export async function isConfigCurrent(source: string, out: string): Promise<boolean> {
  const made = await modifiedAt(join(out, 'include/config/auto.conf'));
  if (made === undefined) return false;
  const text = await readRegularText(join(out, 'include/config/auto.conf.cmd')).catch(() => '');
  const inputs = kconfigInputs(text);
  if (inputs.length === 0) return false;
  const times = await Promise.all(
    [join(out, '.config'), ...inputs.map((file) => resolve(source, file))].map(modifiedAt),
  );
  return times.every((time) => time !== undefined && time <= made);
}

/** The Kconfig files that include/config/auto.conf.cmd names, relative to the source. Pure. */
export function kconfigInputs(text: string): readonly string[] {
  const [, list] = /^deps_config := \\\n((?:.*\\\n)*)/m.exec(text) ?? [];
  return (list ?? '')
    .split('\n')
    .map((line) => line.replace(/\\$/, '').trim())
    .filter((line) => line !== '' && !line.includes('$'));
}

async function modifiedAt(path: string): Promise<bigint | undefined> {
  return await stat(path, { bigint: true }).then(
    ({ mtimeNs }) => mtimeNs,
    () => undefined,
  );
}
