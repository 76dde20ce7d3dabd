import { appendFile, chmod, open, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { renderExample } from '../config/example.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { describeUnmade } from '../system/out-of-space.ts';
import { nameFound, searchUpwards } from '../lifecycle/launch/look-upwards.ts';
import { namedFileMode } from '../system/umask.ts';
import { isThere } from '../system/look.ts';
import { readRegularText } from '../system/regular-file.ts';

/** What a machine leaves in its folder and nobody wants in a repository. */
const ignoredLines = [
  '/private.qcow2*',
  '/.private.qcow2*',
  '/.env',
  '*.raw',
  '*.raw.gz',
  '*.raw.xz',
  '*.qcow2',
];

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
  await writeNewFile(file, label, renderExample());
  const ignoreFile = join(dirname(file), '.gitignore');
  const added = (await hasGit(dirname(file))) ? await addIgnoredLines(ignoreFile) : [];
  if (globals.json) {
    terminal.json({ schema: 1, file, gitignore: { file: ignoreFile, added } });
    return;
  }
  terminal.out(`Wrote ${label}; every key in it is commented out, so the defaults apply.`);
  if (added.length > 0) terminal.out(`Added ${added.join(' ')} to ${basename(ignoreFile)}.`);
  if (globals.quiet) return;
  const { found } = before;
  if (found !== undefined) {
    terminal.err(
      `This folder has a machine of its own now; ${nameFound(context, found)} has another.`,
    );
  }
  terminal.err('Next: utopia config shows the values, utopia up starts the machine.');
}

/** Makes the file or fails: an existing one, a link that leads nowhere included, is never written to. */
async function writeNewFile(file: string, label: string, text: string): Promise<void> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.chmod(namedFileMode()).catch(() => {});
      await handle.writeFile(text);
      await handle.sync();
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new UtopiaError('file-exists', `${label} exists already; it was not touched.`, {
        hint: `utopia config shows what it says. For a fresh one: mv ${label} ${label}.old && utopia init`,
      });
    }
    throw cannotWrite(file, label, error);
  }
}

/**
 * Whether a folder has a .gitignore, or lies in a working tree: there is a `.git`, which is a
 * folder, or a file (of a worktree or a submodule), in it or above it. It is not read.
 */
async function hasGit(folder: string): Promise<boolean> {
  if (await isThere(join(folder, '.gitignore'))) return true;
  for (let at = folder; ; at = dirname(at)) {
    if (await isThere(join(at, '.git'))) return true;
    if (at === dirname(at)) return false;
  }
}

/** Appends what is missing; whatever else the file holds stays. Returns the lines added. */
async function addIgnoredLines(file: string): Promise<string[]> {
  try {
    const found = await readRegularText(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const text = found ?? '';
    const present = new Set(text.split('\n').map((line) => line.trim()));
    const missing = ignoredLines.filter((line) => !present.has(line));
    if (missing.length > 0) {
      const start = text === '' || text.endsWith('\n') ? '' : '\n';
      await appendFile(file, `${start}${missing.join('\n')}\n`);
      if (found === undefined) await chmod(file, namedFileMode()).catch(() => {});
    }
    return missing;
  } catch (error) {
    throw cannotWrite(file, basename(file), error);
  }
}

function cannotWrite(file: string, label: string, error: unknown): UtopiaError {
  const hint = 'Choose a folder in which you may write: utopia -C FOLDER init';
  return describeUnmade(`${label} cannot be written`, file, error, hint);
}
