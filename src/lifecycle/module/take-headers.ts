import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExtFiles } from '../../image/ext/ext-files.ts';
import { includedPaths, isHeaderPlace } from '../../module/header-paths.ts';
import { linkMeaning, linkText, relocateMakefile } from '../../module/header-paths.ts';
import { isBelow } from '../../text/is-below.ts';
import { copyFile, ignoreExisting, makeFolders, TooMuchTaken } from './take-files.ts';

/** Debian's headers have 16,000 files with 83 MB, Ubuntu's twice as many. */
const most = { entries: 200_000, bytes: 2 ** 30, fileBytes: 64 * 2 ** 20 } as const;
const mostMakefileBytes = 1024 * 1024;
/** Files that are written at a time. */
const atATime = 16;

interface Copying {
  readonly files: ExtFiles;
  /** Stands for the image's root; absolute. */
  readonly root: string;
  readonly signal: AbortSignal;
  entries: number;
  bytes: number;
}

/**
 * Copies the headers of a kernel out of a file system: the folder `build` (absolute there, its
 * links followed), and what its links and its Makefile lead to, as long as that is a place of
 * headers. Below `root` they have the paths that they have there; links lead to each other alone.
 * Throws `TooMuchTaken`, what reading throws, and what the system says of writing.
 */
export async function takeHeaders(
  files: ExtFiles,
  build: string,
  root: string,
  signal: AbortSignal,
): Promise<void> {
  const copying: Copying = { files, root, signal, entries: 0, bytes: 0 };
  const taken: string[] = [];
  const wanted = [build];
  for (let tree = wanted.shift(); tree !== undefined; tree = wanted.shift()) {
    const path = tree;
    if (taken.some((folder) => isBelow(folder, path))) continue;
    taken.push(path);
    wanted.push(...(await copyTree(copying, path)));
  }
}

/** Copies one folder; gives the places outside of it that it needs. */
async function copyTree(copying: Copying, tree: string): Promise<string[]> {
  const { files, root, signal } = copying;
  const outside: string[] = [];
  const writing = new Set<Promise<void>>();
  let failure: unknown;
  const lead = async (path: string): Promise<string | undefined> => {
    const place = await files.locate(path);
    if (place === undefined) return undefined;
    const folder = place.kind === 'folder' ? place.path : dirname(place.path);
    if (!isHeaderPlace(folder)) return undefined;
    if (!isBelow(tree, folder)) outside.push(folder);
    return place.path;
  };
  await makeFolders(root, tree);
  try {
    for await (const entry of files.walk(tree)) {
      signal.throwIfAborted();
      copying.entries += 1;
      if (copying.entries > most.entries) throw new TooMuchTaken(`more than ${most.entries} files`);
      const path = join(tree, entry.path);
      const to = join(root, path);
      if (entry.kind === 'folder') await mkdir(to, { mode: 0o755 }).catch(ignoreExisting);
      if (entry.kind === 'link') {
        const target = await lead(linkMeaning(path, entry.target));
        if (target !== undefined) await symlink(linkText(path, target), to).catch(ignoreExisting);
      }
      if (entry.kind !== 'file') continue;
      const { file, mode } = entry;
      copying.bytes += file.bytes;
      if (file.bytes > most.fileBytes || copying.bytes > most.bytes) {
        throw new TooMuchTaken(`more than ${most.bytes / 2 ** 20} MB`);
      }
      if (entry.path === 'Makefile' && file.bytes <= mostMakefileBytes) {
        const text = await file.text(mostMakefileBytes);
        for (const included of includedPaths(text)) await lead(included);
        const own = relocateMakefile(text, tree);
        await writeFile(to, own, { flag: 'wx', mode: 0o644 }).catch(ignoreExisting);
        continue;
      }
      const write = async (): Promise<void> => {
        try {
          await copyFile(file, to, mode);
        } catch (error) {
          failure ??= error;
        }
      };
      const done = write().finally(() => writing.delete(done));
      writing.add(done);
      if (writing.size >= atATime) await Promise.race(writing);
      if (failure !== undefined) break;
    }
  } finally {
    await Promise.all(writing);
  }
  if (failure !== undefined) throw failure;
  return outside;
}
