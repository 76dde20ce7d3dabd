import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';

/** What the builder needs of the host, and the Debian package that has it. */
const debianPackages = {
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  // Without root the user's range of ids is mapped by it (and newgidmap, in the same package).
  newuidmap: 'uidmap',
  'debian-keys': 'debian-archive-keyring',
} as const;

export type BuildTool = keyof typeof debianPackages;

/** Debian's keys, against which the packages are checked; on Debian itself always there. */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** PATH with the folders behind it that a user's PATH lacks and mke2fs lives in. */
export function buildPath(env: Environment): string {
  return [env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);
}

/** What the builder needs of the host. */
export type BuildNeed = { readonly tool: BuildTool } & (
  | {
      readonly program: string;
      /** Root builds without it. */
      readonly rootless?: true;
    }
  | { readonly file: string }
);

/** Everything that building an image needs. */
export const buildNeeds: readonly BuildNeed[] = [
  { tool: 'mmdebstrap', program: 'mmdebstrap' },
  { tool: 'mke2fs', program: 'mke2fs' },
  { tool: 'newuidmap', program: 'newuidmap', rootless: true },
  { tool: 'debian-keys', file: keyring },
];

/** What building an image as this user needs and this host lacks; empty when all is there. */
export function missingBuildTools(env: Environment, uid: number): readonly BuildTool[] {
  const isThere = (need: BuildNeed): boolean =>
    'file' in need
      ? isReadable(need.file)
      : (need.rootless === true && uid === 0) || isOnPath(need.program, buildPath(env));
  return buildNeeds.filter((need) => !isThere(need)).map(({ tool }) => tool);
}

/**
 * Throws `program-missing` with all that is missing at once. `describeInstall`
 * says how this host's distribution installs it; apt's line without it.
 */
export function requireBuildTools(
  env: Environment,
  uid: number,
  describeInstall: DescribeInstall = describeAptInstall(uid),
): void {
  const missing = missingBuildTools(env, uid);
  if (missing.length === 0) return;
  throw new UtopiaError(
    'program-missing',
    `Building an image needs what this host lacks: ${missing.join(', ')}.`,
    { hint: describeInstall(missing) },
  );
}

/** How a user of this host installs these, as a line for a hint. */
export type DescribeInstall = (missing: readonly BuildTool[]) => string;

function describeAptInstall(uid: number): DescribeInstall {
  return (missing) => {
    const packages = missing.map((tool) => debianPackages[tool]);
    return `${uid === 0 ? '' : 'sudo '}apt-get install ${packages.join(' ')}`;
  };
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
