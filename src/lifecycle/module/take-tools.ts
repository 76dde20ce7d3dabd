import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExtFiles } from '../../image/ext/ext-files.ts';
import type { InstalledPackage } from '../../module/installed-packages.ts';
import { toolPaths } from '../../module/tool-packages.ts';
import { copyFile, ignoreExisting, makeFolders, TooMuchTaken } from './take-files.ts';

/** Debian's gcc and what it needs have some five thousand files with 300 MB. */
const most = { entries: 60_000, bytes: 2 ** 31, fileBytes: 512 * 2 ** 20 } as const;
const mostListBytes = 16 * 2 ** 20;
const packageLists = '/var/lib/dpkg/info';
/** Where one of several programs of a name is chosen, by links that no package's list has. */
const alternatives = '/etc/alternatives';
const linkedFrom = '/usr/bin';
/** Files at a time. */
const atATime = 16;

/**
 * Copies what packages have installed, without what no build needs, out of a file system, each file
 * at its own path below `root`. Links stay what they are: they are meant for whoever has `root`
 * as its own root, and this host follows none of them. Throws `TooMuchTaken`, what reading throws,
 * and what the system says of writing.
 */
export async function takeTools(
  files: ExtFiles,
  packages: readonly InstalledPackage[],
  root: string,
  signal: AbortSignal,
): Promise<void> {
  const folders = new Set<string>();
  let entries = 0;
  let bytes = 0;
  const takePath = async (path: string): Promise<void> => {
    signal.throwIfAborted();
    const found = await files.look(path);
    if (found === undefined || found.path === '/') return;
    entries += 1;
    if (entries > most.entries) throw new TooMuchTaken(`more than ${most.entries} files`);
    const folder = found.kind === 'folder' ? found.path : dirname(found.path);
    if (!folders.has(folder)) await makeFolders(root, folder);
    folders.add(folder);
    const to = join(root, found.path);
    if (found.kind === 'link') await symlink(found.target, to).catch(ignoreExisting);
    if (found.kind !== 'file') return;
    bytes += found.file.bytes;
    if (found.file.bytes > most.fileBytes || bytes > most.bytes) {
      throw new TooMuchTaken(`more than ${most.bytes / 2 ** 20} MB`);
    }
    await copyFile(found.file, to, found.mode);
  };

  // The links of the top come first: what is listed below /bin may lie in /usr/bin.
  for (const name of await files.list('/')) {
    if (/^(?:bin|sbin|lib\w{0,6})$/.test(name)) await takePath(`/${name}`);
  }
  const names = new Set(await files.list(packageLists));
  const paths: string[] = [];
  for (const { name, architecture } of packages) {
    const list = [`${name}.list`, `${name}:${architecture}.list`].find((each) => names.has(each));
    const file = list === undefined ? undefined : await files.find(`${packageLists}/${list}`);
    if (file !== undefined) paths.push(...toolPaths(await file.text(mostListBytes)));
  }
  for (const name of await files.list(alternatives)) {
    paths.push(`${alternatives}/${name}`, `${linkedFrom}/${name}`);
  }
  await eachAtATime([...new Set([...paths, '/bin/sh', '/etc/ld.so.cache'])], takePath);
  // Where a program runs confined, they are covered by others.
  for (const name of ['usr', 'etc']) await mkdir(join(root, name)).catch(ignoreExisting);
}

/** Calls `take` for each, some at a time; throws the first thing that one throws, once all have ended. */
async function eachAtATime<T>(
  items: readonly T[],
  take: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  let failed = false;
  const work = async (): Promise<void> => {
    for (const item of rest) {
      if (failed) return;
      try {
        await take(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: atATime }, work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
