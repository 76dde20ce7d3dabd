import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Environment } from '../environment.ts';
import { homeFolder, stateRoot } from '../system/places.ts';
import { aText, listOf, object, oneOf } from '../text/shape.ts';
import { readKnown } from '../system/json-file.ts';

/**
 * A program that a folder of the lab can put in QEMU's place: it comes with material
 * that others have made, or others can change it. It is run only when its user agrees.
 */
export interface DoubtfulProgram {
  /** Absolute, links followed: what consent is for. */
  readonly path: string;
  /** It lies in the folder of utopia.config, or the file names it from there on (`../tools`). */
  readonly inLab: boolean;
  /** The file, or the folder above it, that others than its user and root can write to: consent cannot help. */
  readonly changeable: string | undefined;
}

/** What the configuration says of where QEMU is. */
export interface ProgramPlaces {
  readonly qemuBuildDir: string | undefined;
  /** Absolute folder of utopia.config; undefined where there is none. */
  readonly folder?: string | undefined;
  /** Where the file names QEMU from its own folder on: a QEMU beside it comes along with it, too. */
  readonly carried?: { readonly relativeQemu: boolean } | undefined;
}

/** Where the paths are that a user agreed to run. */
export function trustFile(env: Environment): string {
  return join(stateRoot(env), 'trusted-programs.json');
}

const trustShape = object({ schema: oneOf(1), paths: listOf(aText) });

/** The paths that this user agreed to; none where the file cannot be read: they are asked about again. */
export async function readTrusted(env: Environment): Promise<readonly string[]> {
  return (await readKnown(trustFile(env), trustShape))?.paths ?? [];
}

/**
 * Those of the programs that may not be run as they are. Asked about are programs
 * in the lab's folder, and those that QEMU_BUILD_DIR names and others can change;
 * one that was agreed to, and that only its user and root can change, is none of them.
 */
export async function findDoubtful(
  programs: readonly string[],
  { qemuBuildDir, folder, carried }: ProgramPlaces,
  env: Environment,
): Promise<readonly DoubtfulProgram[]> {
  const home = await realPath(homeFolder(env));
  const lab = folder === undefined ? undefined : await realPath(folder);
  const named = carried?.relativeQemu === true ? qemuBuildDir : undefined;
  const doubtful: DoubtfulProgram[] = [];
  for (const program of new Set(programs)) {
    const path = await realPath(program);
    // Who has his machine in his home folder has his own programs there, too.
    const inLab =
      lab !== undefined &&
      !isBelow(home, lab) &&
      (isBelow(path, lab) || isBelow(program, folder) || isBelow(program, named));
    if (!inLab && qemuBuildDir === undefined) continue;
    const changeable = await findChangeable(path, process.geteuid?.() ?? 0);
    if (inLab || changeable !== undefined) doubtful.push({ path, inLab, changeable });
  }
  if (doubtful.length === 0) return [];
  const trusted = new Set(await readTrusted(env));
  return doubtful.filter(({ path, changeable }) => changeable !== undefined || !trusted.has(path));
}

/** Whether a machine's folder is the user's home, or has it: nobody else has made that one. */
export async function isOwnFolder(folder: string, env: Environment): Promise<boolean> {
  return isBelow(await realPath(homeFolder(env)), await realPath(folder));
}

/** Whether `path` is `folder` or in it. */
function isBelow(path: string, folder: string | undefined): boolean {
  if (folder === undefined) return false;
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

async function realPath(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

/** Groups below this are the system's: who is in one was put there by an administrator (login.defs(5), GID_MIN). */
const firstUsersGroup = 1000;

/** The file, or the first folder above it, that others can write to. `path` has no links in it. */
async function findChangeable(path: string, uid: number): Promise<string | undefined> {
  for (let each = path; ; each = dirname(each)) {
    const status = await lstat(each).catch(() => undefined);
    if (status === undefined) return each;
    const { mode, uid: owner, gid } = status;
    const ours = owner === 0 || owner === uid;
    // In a folder like /tmp (sticky bit) only the owner of an entry may replace it; that is looked at by itself.
    const sticky = status.isDirectory() && (mode & 0o1000) !== 0;
    const group = (mode & 0o020) !== 0 && gid !== owner && !(owner === 0 && gid < firstUsersGroup);
    if (!ours || (!sticky && ((mode & 0o002) !== 0 || group))) return each;
    if (each === '/') return undefined;
  }
}
