import type { ReadDisk } from '../disks/contents.ts';
import { fileOf, readFolder, readLink, type ExtFile } from './inode-contents.ts';
import { readJournal } from './journal.ts';
import { openVolume, type ExtVolume, type Inode } from './volume.ts';
import { entryOf, walkFolder, type ExtEntry } from './walk.ts';

export type { ExtFile } from './inode-contents.ts';

/**
 * The files of an ext file system in an image, read by us: nothing is mounted, and a name or a
 * link of the image never leads to a file of the host.
 */
export interface ExtFiles {
  /** The regular file at an absolute path, links on the way followed; undefined when there is none. */
  find(path: string): Promise<ExtFile | undefined>;
  /** Names in a folder, sorted; none where there is no such folder. */
  list(path: string): Promise<string[]>;
  /** What a path leads to once all links are followed: absolute; undefined when there is nothing. */
  locate(path: string): Promise<ExtPlace | undefined>;
  /** What lies at a path, links on the way followed and the last name not; undefined for nothing. */
  look(path: string): Promise<ExtThing | undefined>;
  /**
   * What lies below a folder, each folder before what is in it, links as links; nothing where there
   * is no such folder.
   */
  walk(path: string): AsyncIterable<ExtEntry>;
}

/** What a name stands for: `path` has no link on the way, and is absolute. */
export type ExtThing = ExtEntry;

export interface ExtPlace {
  readonly path: string;
  readonly kind: Inode['kind'];
}

/** As the kernel follows (MAXSYMLINKS). */
const mostLinks = 40;
const rootInode = 2;

/**
 * Opens the file system that starts at byte `start`, as its journal has it; undefined when it is
 * not ext2, ext3 or ext4. Throws `UnreadableVolume`, and so does what reads from it.
 */
export async function openExtFiles(read: ReadDisk, start: number): Promise<ExtFiles | undefined> {
  const found = await openVolume(read, start);
  if (found === undefined) return undefined;
  const replaced = found.needsRecovery ? await readJournal(found) : undefined;
  const volume = replaced === undefined ? found : await openVolume(read, start, replaced);
  return volume === undefined ? undefined : filesOf(volume);
}

function filesOf(volume: ExtVolume): ExtFiles {
  interface Found {
    readonly path: string;
    readonly inode: Inode;
  }

  async function resolve(path: string, last = true): Promise<Found | undefined> {
    let parts = partsOf(path);
    let walked: { readonly name: string; readonly inode: Inode }[] = [];
    let links = 0;
    const root = await volume.readInode(rootInode);
    while (parts.length > 0) {
      const [name = '', ...rest] = parts;
      parts = rest;
      if (name === '..') {
        walked = walked.slice(0, -1);
        continue;
      }
      const here = walked.at(-1)?.inode ?? root;
      if (here.kind !== 'folder') return undefined;
      const number = (await readFolder(volume, here)).get(name);
      if (number === undefined) return undefined;
      const inode = await volume.readInode(number);
      if (inode.kind !== 'link' || (rest.length === 0 && !last)) {
        walked.push({ name, inode });
        continue;
      }
      links += 1;
      if (links > mostLinks) return undefined;
      const target = await readLink(volume, inode);
      if (target.startsWith('/')) walked = [];
      parts = [...partsOf(target), ...parts];
    }
    const names = walked.map(({ name }) => `/${name}`);
    return { path: names.join('') || '/', inode: walked.at(-1)?.inode ?? root };
  }

  return {
    find: async (path) => {
      const inode = (await resolve(path))?.inode;
      return inode?.kind === 'file' ? fileOf(volume, inode) : undefined;
    },
    list: async (path) => {
      const inode = (await resolve(path))?.inode;
      if (inode?.kind !== 'folder') return [];
      return [...(await readFolder(volume, inode)).keys()].toSorted();
    },
    locate: async (path) => {
      const found = await resolve(path);
      return found === undefined ? undefined : { path: found.path, kind: found.inode.kind };
    },
    look: async (path) => {
      const found = await resolve(path, false);
      return found === undefined ? undefined : await entryOf(volume, found.path, found.inode);
    },
    walk: async function* (path) {
      const inode = (await resolve(path))?.inode;
      if (inode?.kind === 'folder') yield* walkFolder(volume, inode);
    },
  };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
