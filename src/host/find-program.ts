import { delimiter, join } from 'node:path';
import type { Environment } from '../environment.ts';
import { isRunnableHere } from './find-qemu.ts';

/** Folders that a user's PATH may lack and depmod and mke2fs live in. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Absolute path of a program, in PATH or where system programs are; undefined where it is not. */
export async function findProgram(name: string, env: Environment): Promise<string | undefined> {
  return await findInPath(name, env, systemFolders);
}

/** Absolute path of a program in PATH, where what make runs must be, or behind it in `more`. */
export async function findInPath(
  name: string,
  env: Environment,
  more: readonly string[] = [],
): Promise<string | undefined> {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  for (const folder of [...path, ...more]) {
    const place = join(folder, name);
    if (await isRunnableHere(place)) return place;
  }
  return undefined;
}
