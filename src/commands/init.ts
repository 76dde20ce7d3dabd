import { basename, dirname, resolve } from 'node:path';
import { ignoreMachineFiles, writeExample } from '../config/init-folder.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { nameFound, searchUpwards } from '../lifecycle/launch/look-upwards.ts';

/**
 * `utopia init`: writes a configuration in which every key is commented out, and, where git
 * has to do with the folder, the lines of its .gitignore that are missing. Throws `file-exists`
 * rather than touch a configuration that is there.
 */
export async function runInit(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal } = context;
  const label = globals.config ?? globals.machine?.file ?? 'utopia.config';
  const file = resolve(context.cwd, label);
  const before = await searchUpwards(context, dirname(file));
  await writeExample(file, label);
  const gitignore = await ignoreMachineFiles(dirname(file));
  if (globals.json) {
    terminal.json({ schema: 1, file, gitignore });
    return;
  }
  terminal.out(`Wrote ${label}; every key in it is commented out, so the defaults apply.`);
  const { added } = gitignore;
  if (added.length > 0) terminal.out(`Added ${added.join(' ')} to ${basename(gitignore.file)}.`);
  if (globals.quiet) return;
  const { found } = before;
  if (found !== undefined) {
    terminal.err(
      `This folder has a machine of its own now; ${nameFound(context, found)} has another.`,
    );
  }
  terminal.err('Next: utopia config shows the values, utopia up starts the machine.');
}
