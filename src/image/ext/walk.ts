import { fileOf, readFolder, readLink, type ExtFile } from './inode-contents.ts';
import type { ExtVolume, Inode } from './volume.ts';

/** Something below a folder of an ext file system. */
export type ExtEntry = {
  /** Relative to the folder. */
  readonly path: string;
  /** Bits of chmod(2). */
  readonly mode: number;
} & (
  | { readonly kind: 'folder' | 'other' }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file'; readonly file: ExtFile }
);

/** As deep as nobody's folders are; a damaged file system may lead in a circle. */
const deepest = 64;

/** What lies below a folder, each folder before what is in it. Throws a RangeError below 64 levels. */
export async function* walkFolder(
  volume: ExtVolume,
  folder: Inode,
  before = '',
  depth = 0,
): AsyncGenerator<ExtEntry> {
  if (depth > deepest) throw new RangeError(`${before} lies more than ${deepest} folders deep`);
  for (const [name, number] of await readFolder(volume, folder)) {
    // No file system allows them, and a damaged one could lead out of the folder with them.
    if (name.includes('/') || name.includes('\0') || name === '') continue;
    const path = `${before}${name}`;
    const inode = await volume.readInode(number);
    const { kind } = inode;
    yield await entryOf(volume, path, inode);
    if (kind === 'folder') yield* walkFolder(volume, inode, `${path}/`, depth + 1);
  }
}

/** What an inode is to those who read its folder. */
export async function entryOf(volume: ExtVolume, path: string, inode: Inode): Promise<ExtEntry> {
  const { kind, mode } = inode;
  if (kind === 'link') return { path, mode, kind, target: await readLink(volume, inode) };
  if (kind === 'file') return { path, mode, kind, file: fileOf(volume, inode) };
  return { path, mode, kind };
}
