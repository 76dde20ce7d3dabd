import { appendFile, chmod, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UtopiaError } from '../errors.ts';
import { isThere } from '../system/look.ts';
import { describeUnmade } from '../system/out-of-space.ts';
import { readRegularText } from '../system/regular-file.ts';
import { namedFileMode } from '../system/umask.ts';
import { renderExample } from './example.ts';

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
 * Writes a configuration in which every key is commented out into a new file (absolute; `label`: as
 * typed). An existing one, a link that leads nowhere included, is never written to: throws
 * `file-exists`, or `cannot-create`.
 */
export async function writeExample(file: string, label: string): Promise<void> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.chmod(namedFileMode()).catch(() => {});
      await handle.writeFile(renderExample());
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

/** The .gitignore of a folder, and the lines that it was given. */
export interface IgnoredFiles {
  readonly file: string;
  readonly added: readonly string[];
}

/**
 * Adds what its .gitignore lacks of a machine's files to a folder that git has to do with; leaves
 * others alone. Throws `cannot-create`.
 */
export async function ignoreMachineFiles(folder: string): Promise<IgnoredFiles> {
  const file = join(folder, '.gitignore');
  return { file, added: (await hasGit(folder)) ? await addIgnoredLines(file) : [] };
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
