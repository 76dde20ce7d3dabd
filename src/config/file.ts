import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Problem } from './problem.ts';

/** A configuration file as found on the disk. */
export interface ConfigFile {
  /** Absolute; its folder is the physical one, so that a machine has one name however one gets there. */
  readonly path: string;
  readonly exists: boolean;
  readonly bytes: Uint8Array;
  readonly problem?: Problem;
}

/** A configuration is a page or two; what is larger is something else, most often an image. */
const largestBytes = 1024 * 1024;

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
    const facts = await stat(path);
    if (facts.isDirectory()) {
      return {
        ...nothing,
        problem: {
          message: `${label} is a folder; a configuration file is needed.`,
          hint:
            named === undefined
              ? 'mv utopia.config utopia.folder'
              : `Name a file in it: --config ${join(named, 'utopia.config')}`,
        },
      };
    }
    if (!facts.isFile() || facts.size > largestBytes) {
      return {
        ...nothing,
        problem: {
          message: facts.isFile()
            ? `${label} has ${facts.size} bytes, which is no configuration file.`
            : `${label} is not a regular file.`,
          hint: 'Give the configuration file: utopia --config ./utopia.config',
        },
      };
    }
    return { path, exists: true, bytes: await readFile(path) };
  } catch (error) {
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
        message: `${label} cannot be read: ${code === 'EACCES' ? 'permission denied' : String(code)}.`,
        hint: `ls -l ${path}`,
      },
    };
  }
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
