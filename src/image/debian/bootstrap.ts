import { mkdirSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { underUmask } from '../../system/umask.ts';
import type { RootSpec } from './root-spec.ts';
import type { Workspace } from './workspace.ts';

/** Writes the guest's own files into the workspace, whence mmdebstrap copies them as root's. */
export async function layGuestFiles(root: RootSpec, workspace: Workspace): Promise<void> {
  for (const { path, content, mode } of root.files) {
    const target = join(workspace.files, path);
    // Their modes are those of the guest's folders.
    underUmask(0o022, () => mkdirSync(dirname(target), { recursive: true }));
    await writeFile(target, content);
    await chmod(target, mode ?? 0o644);
  }
}

/**
 * The guest's own files and every folder on the way to them, the root folder first. mmdebstrap
 * copies them with the numeric owner that they have here, which is root's only for root: sudo
 * refuses an /etc/sudoers.d of anybody else. Pure.
 */
export function laidPaths({ files }: Pick<RootSpec, 'files'>): string[] {
  const paths = new Set(['/']);
  for (const { path } of files) {
    const parts = path.split('/').slice(1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      paths.add(`/${parts.slice(0, depth).join('/')}`);
    }
  }
  return [...paths];
}

/**
 * mmdebstrap's argument list for a root file system of one Debian release. Its unshare mode keeps the mounts that
 * packages need while they are configured in a namespace of their own, for root too.
 */
export function bootstrapArgv(
  suite: string,
  root: RootSpec,
  workspace: Workspace,
  sources: readonly string[],
): string[] {
  const files = quoteWord(workspace.files);
  const owned = laidPaths(root).map(quoteWord).join(' ');
  const own = `chroot "$1" chown --no-dereference 0:0 ${owned}`;
  return [
    // When we are killed, mmdebstrap is told to end too.
    ...['setpriv', '--pdeathsig', 'TERM', 'mmdebstrap'],
    ...['--mode=unshare', '--format=directory', '--variant=minbase', '--verbose'],
    '--architectures=amd64',
    `--include=${root.packages.join(',')}`,
    ...['--dpkgopt=force-confold', '--dpkgopt=force-unsafe-io'],
    '--aptopt=Acquire::Retries "3"',
    '--aptopt=Acquire::Languages "none"',
    ...(root.lean ? leanOptions : []),
    `--essential-hook=sync-in ${files} /`,
    `--essential-hook=${own}`,
    `--essential-hook=chroot "$1" sh -c ${quoteWord(root.prepareScript)}`,
    `--customize-hook=sync-in ${files} /`,
    `--customize-hook=${own}`,
    `--customize-hook=chroot "$1" sh -c ${quoteWord(root.customiseScript)}`,
    ...[suite, workspace.tree],
    ...sources,
  ];
}

/** What nobody reads in a test's machine. */
const leanOptions: readonly string[] = [
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-include=/usr/share/doc/*/copyright',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  '--dpkgopt=path-exclude=/usr/share/info/*',
];

/** A word that mmdebstrap's hooks, shell or not, read as one. */
function quoteWord(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
