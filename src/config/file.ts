import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FileRefusal, readRegularFile, whyUnreadable } from '../regular-file.ts';
import { mostConfigBytes } from './bounds.ts';
import type { Problem } from './problem.ts';

/** A configuration file as found on the disk. */
export interface ConfigFile {
  /** Absolute; its folder is the physical one, so that a machine has one name however one gets there. */
  readonly path: string;
  readonly exists: boolean;
  readonly bytes: Uint8Array;
  readonly problem?: Problem;
}

/**
 * Reads the configuration file `named` on the command line, relative to `cwd`, or
 * ./utopia.config, which may be missing. What keeps it from being read is returned.
 */
export async function readConfigFile(cwd: string, named: string | undefined): Promise<ConfigFile> {
  const asked = resolve(cwd, named ?? 'utopia.config');
  const path = join(await physicalFolder(dirname(asked)), basename(asked));
  const nothing = { path, exists: false, bytes: new Uint8Array() };
  const label = named ?? './utopia.config';
  try {
    return { path, exists: true, bytes: await readRegularFile(path, mostConfigBytes) };
  } catch (error) {
    if (error instanceof FileRefusal) {
      return { ...nothing, problem: describeRefusal(error, named, label) };
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return named === undefined
        ? nothing
        : {
            ...nothing,
            problem: {
              message: `${named} does not exist.`,
              hint: 'Check the path behind --config, or write a new file there: utopia init',
            },
          };
    }
    return {
      ...nothing,
      exists: true,
      problem: {
        message: `${label} cannot be read: ${whyUnreadable(error)}`,
        hint: `ls -l ${path}`,
      },
    };
  }
}

function describeRefusal(refusal: FileRefusal, named: string | undefined, label: string): Problem {
  if (refusal.kind === 'folder') {
    return {
      message: `${label} is a folder; a configuration file is needed.`,
      hint:
        named === undefined
          ? 'mv utopia.config utopia.folder'
          : `Name a file in it: --config ${join(named, 'utopia.config')}`,
    };
  }
  return {
    message: `${label} is no configuration file: ${refusal.message}`,
    hint: 'Give the configuration file: utopia --config ./utopia.config',
  };
}

async function physicalFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    return folder;
  }
}

/**
 * Makes a path of the configuration absolute. Only leading ../ steps are resolved:
 * behind a named folder, which may be a symbolic link, the system must walk them.
 */
export function absolutePath(folder: string, written: string): string {
  const parts = written.split('/').filter((part) => part !== '' && part !== '.');
  let base = written.startsWith('/') ? '/' : folder;
  while (parts[0] === '..') {
    base = dirname(base);
    parts.shift();
  }
  return parts.length === 0 ? base : `${base === '/' ? '' : base}/${parts.join('/')}`;
}
