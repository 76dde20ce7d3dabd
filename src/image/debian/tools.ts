import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';

/** A program that the builder runs, and the Debian package that has it. */
interface BuildTool {
  readonly program: string;
  readonly debianPackage: string;
}

const tools: readonly BuildTool[] = [
  { program: 'mmdebstrap', debianPackage: 'mmdebstrap' },
  { program: 'mke2fs', debianPackage: 'e2fsprogs' },
];

/** Without root the user's range of ids is mapped by these two. */
const unprivilegedTools: readonly BuildTool[] = [
  { program: 'newuidmap', debianPackage: 'uidmap' },
  { program: 'newgidmap', debianPackage: 'uidmap' },
];

/** Debian's keys, against which the packages are checked; on Debian itself always there. */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** PATH with the folders behind it that a user's PATH lacks and mke2fs lives in. */
export function buildPath(env: Environment): string {
  return [env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);
}

/** Debian packages that building an image needs and this host lacks; empty when all are there. */
export function missingBuildPackages(env: Environment, uid: number): readonly string[] {
  const needed = uid === 0 ? tools : [...tools, ...unprivilegedTools];
  const missing = needed
    .filter((tool) => !isOnPath(tool.program, buildPath(env)))
    .map((tool) => tool.debianPackage);
  if (!isReadable(keyring)) missing.push('debian-archive-keyring');
  return [...new Set(missing)];
}

/**
 * Throws `program-missing` with all that is missing at once. `installHint` says
 * how this host's distribution installs them; apt's line without it.
 */
export function requireBuildTools(env: Environment, uid: number, installHint?: string): void {
  const missing = missingBuildPackages(env, uid);
  if (missing.length === 0) return;
  const sudo = uid === 0 ? '' : 'sudo ';
  throw new UtopiaError(
    'program-missing',
    `Building an image needs what this host lacks: ${missing.join(', ')}.`,
    { hint: installHint ?? `${sudo}apt-get install ${missing.join(' ')}` },
  );
}

function isOnPath(program: string, path: string): boolean {
  return path
    .split(delimiter)
    .some((folder) => folder.startsWith('/') && isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  return isAccessible(path, constants.X_OK);
}

function isReadable(path: string): boolean {
  return isAccessible(path, constants.R_OK);
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
