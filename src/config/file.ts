import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Environment } from '../environment.ts';
import { trustedOwners } from '../system/owners.ts';
import {
  FileRefusal,
  foreignFile,
  readRegularFile,
  whyUnreadable,
} from '../system/regular-file.ts';
import { quoteForShell } from '../text/shell-words.ts';
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

/** Which configuration file is meant. */
export interface ConfigPlace {
  /** Absolute folder in which ./utopia.config is looked for, and where `file` starts. */
  readonly cwd: string;
  /** --config as typed: the file must exist, and whoever owns it, it is believed. */
  readonly file?: string | undefined;
  /**
   * Absolute path of a known machine's file, instead of ./utopia.config; like that one it may be
   * missing. It stays as it is written: the machine is known by it.
   */
  readonly machineFile?: string | undefined;
  /** To find who the user is: see `trustedOwners`. */
  readonly env: Environment;
}

/**
 * Reads the configuration file that is meant. One that was not typed is read only where the user
 * or root owns it: another could name the user's own files in it, and share them with a guest.
 * What keeps it from being read is returned.
 */
export async function readConfigFile(place: ConfigPlace): Promise<ConfigFile> {
  const { cwd, file: named, machineFile, env } = place;
  const asked = resolve(cwd, named ?? 'utopia.config');
  const path = machineFile ?? join(await physicalFolder(dirname(asked)), basename(asked));
  const nothing = { path, exists: false, bytes: new Uint8Array() };
  const label = named ?? machineFile ?? './utopia.config';
  try {
    const owners = named === undefined ? trustedOwners(env) : undefined;
    return { path, exists: true, bytes: await readOwnFile(path, mostConfigBytes, owners) };
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
        hint: `ls -l ${quoteForShell(path)}`,
      },
    };
  }
}

function describeRefusal(refusal: FileRefusal, named: string | undefined, label: string): Problem {
  if (refusal.kind === 'foreign') {
    return {
      message: `${label} is not read: ${refusal.message}`,
      hint: `Look into it; if you believe what it says: utopia --config ${quoteForShell(label)} …`,
    };
  }
  if (refusal.kind === 'folder') {
    const movable = label.replace(/^\.\//, '');
    return {
      message: `${label} is a folder; a configuration file is needed.`,
      hint:
        named === undefined
          ? `mv ${quoteForShell(movable)} ${quoteForShell(`${movable.slice(0, -basename(movable).length)}utopia.folder`)}`
          : `Name a file in it: --config ${join(named, 'utopia.config')}`,
    };
  }
  return {
    message: `${label} is no configuration file: ${refusal.message}`,
    hint: `Give the configuration file: utopia --config ${quoteForShell(label.startsWith('/') ? label : './utopia.config')}`,
  };
}

/**
 * Reads a regular file of at most `most` bytes. With `owners` one of them must own it, and the
 * name itself, which may be a link: who can lay one decides what is read through it. Throws a
 * FileRefusal.
 */
export async function readOwnFile(
  path: string,
  most: number,
  owners: ReadonlySet<number> | undefined,
): Promise<Buffer> {
  if (owners !== undefined) {
    const { uid } = await lstat(path);
    if (!owners.has(uid)) throw foreignFile(uid);
  }
  return await readRegularFile(path, most, owners);
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
