import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { quoteForShell } from '../../text/shell-words.ts';

/** --keep: the folder's name or path as typed; undefined for a name of ours. */
export interface KeepWish {
  readonly name: string | undefined;
}

/**
 * The folders that a kept copy may get, the best first and without end: a name that
 * somebody else takes while the command runs must not cost the machine. Pure.
 */
export function* keptFolders(cwd: string, { name }: KeepWish, machine: string): Generator<string> {
  if (name !== undefined) yield resolve(cwd, name);
  const start = name === undefined ? `kept-${machine}-` : `${resolve(cwd, name)}-`;
  for (let number = name === undefined ? 1 : 2; ; number += 1) {
    yield resolve(cwd, `${start}${number}`);
  }
}

/** The folder that all of them are in. Pure. */
export function keepParent(cwd: string, { name }: KeepWish): string {
  return dirname(resolve(cwd, name ?? 'kept'));
}

/**
 * Throws before anything is started where the copy could not be kept: `usage` for a
 * bad name, `file-exists` for one that is taken, `cannot-create` where no folder can be made.
 */
export async function checkKeep(cwd: string, { name }: KeepWish): Promise<void> {
  if (name !== undefined) {
    refuseBadName(name);
    await refuseTaken(resolve(cwd, name), name);
  }
  const path = resolve(cwd, name ?? 'kept');
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new UtopiaError(
      'cannot-create',
      missing
        ? `The copy cannot be kept as ${path}: there is no folder ${folder}.`
        : `The copy cannot be kept in ${folder}: the folder is not writable (${code}).`,
      {
        hint: missing
          ? `mkdir -p ${quoteForShell(folder)}`
          : 'Name a folder where you may write: --keep PATH',
        cause: error,
      },
    );
  }
}

/** A config and a shell line must be able to name it; 255 bytes are a file's name at most, with our marks 40 of them. */
const longestBytes = 200;

function refuseBadName(name: string): void {
  const bad = /\p{Cc}/u.test(name);
  const bytes = Buffer.byteLength(basename(name));
  if (name.trim() !== '' && !bad && bytes <= longestBytes) return;
  const shown = bytes > longestBytes ? `of ${bytes} bytes` : JSON.stringify(name);
  throw new UtopiaError('usage', `--keep takes the name of a new folder, not one ${shown}.`, {
    hint: 'Name it as in --keep debug, or leave the name out.',
  });
}

async function refuseTaken(path: string, name: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return;
  throw new UtopiaError('file-exists', `--keep ${name}: ${path} exists already.`, {
    hint: 'Give another name, or leave it out: --keep alone finds a free one.',
  });
}
