import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { mostConfigBytes } from '../../kernel/config-text.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { namedFileMode } from '../../system/umask.ts';

const mostKept = 100;

/** Kconfig overwrites .config.old at each change, so the user's own gets a name that nothing writes to. */
export async function keepOldConfig(out: string, text: string): Promise<string> {
  for (let number = 0; number < mostKept; number += 1) {
    const path = join(out, number === 0 ? '.config.orig' : `.config.orig.${number}`);
    try {
      await writeFile(path, text, { flag: 'wx' });
      await chmod(path, namedFileMode());
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const there = await readRegularText(path, mostConfigBytes).catch(() => undefined);
      if (there === text) return path;
    }
  }
  throw new UtopiaError(
    'file-exists',
    `${out} has ${mostKept} earlier configurations, .config.orig to .config.orig.${mostKept - 1}.`,
    {
      hint: `Remove those that you do not need: ls ${out}/.config.orig*`,
    },
  );
}
