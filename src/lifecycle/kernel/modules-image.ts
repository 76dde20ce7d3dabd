import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularText } from '../../system/regular-file.ts';

/** Of every feature of ext4 only what any kernel with ext4 reads, whatever the host's mke2fs.conf says. */
const features = 'none,filetype,extent,sparse_super,large_file,dir_index,dir_nlink,extra_isize';
const blockBytes = 4096;

/** The modules that a build has made, as `modules.order` in its folder lists them: paths from there. */
export async function listBuiltModules(out: string): Promise<readonly string[]> {
  const order = await readRegularText(join(out, 'modules.order')).catch(() => '');
  return (
    order
      .split('\n')
      .filter((line) => line !== '')
      // Before 5.19 with kernel/ before the path; since 6.2 objects instead of modules.
      .map((line) => line.replace(/^kernel\/(?=.+\.ko$)/, '').replace(/\.o$/, '.ko'))
  );
}

/**
 * Of everything that an image of these modules would hold: the same as long as none of them was
 * made anew. Undefined where one is missing.
 */
export async function modulesKey(
  out: string,
  version: string,
  modules: readonly string[],
): Promise<string | undefined> {
  const hash = createHash('sha256').update(`${version}\n`);
  for (const name of [...modules, 'modules.builtin', 'modules.builtin.modinfo']) {
    const found = await stat(join(out, name), { bigint: true }).catch(() => undefined);
    if (found === undefined && name.endsWith('.ko')) return undefined;
    hash.update(`${name} ${found?.size} ${found?.mtimeNs}\n`);
  }
  return hash.digest('hex');
}

/** mke2fs's argument list: a file system that is just large enough for the tree, in the file `image`. */
export function modulesImageArgv(
  mke2fs: string,
  { tree, image, bytes, files }: { readonly tree: string; readonly image: string } & TreeSize,
): string[] {
  // Inode tables, block bitmaps, the tree of extents of large files; a hundredth and a bit.
  const inodes = files + 32;
  const blocks = Math.ceil((bytes * 1.03 + inodes * 256) / blockBytes) + 256;
  return [
    mke2fs,
    ...['-q', '-F', '-t', 'ext4', '-b', String(blockBytes), '-m', '0', '-I', '256'],
    ...['-N', String(inodes), '-L', 'utopia-modules', '-O', features],
    ...['-E', 'root_owner=0:0', '-d', tree, image, String(blocks)],
  ];
}

export interface TreeSize {
  /** In whole blocks. */
  readonly bytes: number;
  /** Files and folders. */
  readonly files: number;
}

/** What a tree takes; links of the build's folders (`build`, `source`) are removed, they lead to this host's. */
export async function measureTree(tree: string): Promise<TreeSize> {
  for (const name of ['build', 'source']) await rm(join(tree, name), { force: true });
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries) {
    const size = entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 1;
    bytes += Math.ceil(size / blockBytes) * blockBytes;
  }
  return { bytes, files: entries.length + 1 };
}
