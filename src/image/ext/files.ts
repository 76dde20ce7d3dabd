import type { ReadDisk } from '../disks/contents.ts';
import { readBlockRuns } from './block-runs.ts';
import { readJournal } from './journal.ts';
import { openVolume, UnreadableVolume, type ExtVolume, type Inode } from './volume.ts';

/**
 * The files of an ext file system in an image, read by us: nothing is mounted, and a name or a
 * link of the image never leads to a file of the host.
 */
export interface ExtFiles {
  /** The regular file at an absolute path, links on the way followed; undefined when there is none. */
  find(path: string): Promise<ExtFile | undefined>;
  /** Names in a folder, sorted; none where there is no such folder. */
  list(path: string): Promise<string[]>;
}

export interface ExtFile {
  readonly bytes: number;
  /** The contents, in pieces of at most a megabyte. */
  read(): AsyncIterable<Buffer>;
  /** The contents as text; throws a RangeError for more than `mostBytes`. */
  text(mostBytes: number): Promise<string>;
}

/** Longest folder that is read: some 100,000 names. */
const mostFolderBytes = 4 * 1024 ** 2;
/** As the kernel follows (MAXSYMLINKS). */
const mostLinks = 40;
const mostLinkBytes = 4096;
const pieceBytes = 1024 ** 2;
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
  async function resolve(path: string): Promise<Inode | undefined> {
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
      if (inode.kind !== 'link') {
        walked.push({ name, inode });
        continue;
      }
      links += 1;
      if (links > mostLinks) return undefined;
      const target = await readLink(volume, inode);
      if (target.startsWith('/')) walked = [];
      parts = [...partsOf(target), ...parts];
    }
    return walked.at(-1)?.inode ?? root;
  }

  return {
    find: async (path) => {
      const inode = await resolve(path);
      return inode?.kind === 'file' ? fileOf(volume, inode) : undefined;
    },
    list: async (path) => {
      const inode = await resolve(path);
      if (inode?.kind !== 'folder') return [];
      return [...(await readFolder(volume, inode)).keys()].toSorted();
    },
  };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function fileOf(volume: ExtVolume, inode: Inode): ExtFile {
  const read = (): AsyncIterable<Buffer> => readContents(volume, inode);
  return {
    bytes: inode.bytes,
    read,
    text: async (mostBytes) => {
      if (inode.bytes > mostBytes) throw new RangeError(`more than ${mostBytes} bytes`);
      return (await gather(read())).toString('utf8');
    },
  };
}

async function gather(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** Linux keeps a short link's target in place of the block map. */
async function readLink(volume: ExtVolume, inode: Inode): Promise<string> {
  if (inode.bytes > mostLinkBytes) throw new UnreadableVolume('has a link that is too long');
  if (inode.bytes < inode.map.length && !inode.usesExtents) {
    return inode.map.toString('utf8', 0, inode.bytes);
  }
  return (await gather(readContents(volume, inode))).toString('utf8');
}

/** Names and inodes of a folder; its index reads as entries without an inode. */
async function readFolder(volume: ExtVolume, folder: Inode): Promise<Map<string, number>> {
  if (folder.bytes > mostFolderBytes) throw new UnreadableVolume('has a folder that is too large');
  const bytes = await gather(readContents(volume, folder));
  const found = new Map<string, number>();
  for (let block = 0; block < bytes.length; block += volume.blockBytes) {
    const end = Math.min(block + volume.blockBytes, bytes.length);
    for (let at = block; at + 8 <= end;) {
      const inode = bytes.readUInt32LE(at);
      const step = bytes.readUInt16LE(at + 4);
      const nameBytes = volume.hasFileTypes ? bytes.readUInt8(at + 6) : bytes.readUInt16LE(at + 6);
      if (step < 8 || at + step > end) break;
      if (inode !== 0 && 8 + nameBytes <= step) {
        const name = bytes.toString('utf8', at + 8, at + 8 + nameBytes);
        if (name !== '.' && name !== '..') found.set(name, inode);
      }
      at += step;
    }
  }
  return found;
}

async function* readContents(volume: ExtVolume, inode: Inode): AsyncGenerator<Buffer> {
  const runs = await readBlockRuns(volume, inode);
  const blocks = Math.ceil(inode.bytes / volume.blockBytes);
  const most = Math.max(1, Math.floor(pieceBytes / volume.blockBytes));
  let index = 0;
  for (let block = 0; block < blocks;) {
    while (index < runs.length && endOf(runs[index]) <= block) index += 1;
    const run = runs[index];
    const isInside = run !== undefined && run.from <= block;
    const border = run === undefined ? blocks : isInside ? endOf(run) : run.from;
    const count = Math.min(most, border - block, blocks - block);
    const piece =
      isInside && run.at !== undefined
        ? await volume.readBlocks(run.at + (block - run.from), count)
        : Buffer.alloc(count * volume.blockBytes);
    block += count;
    const beyond = block * volume.blockBytes - inode.bytes;
    yield beyond > 0 ? piece.subarray(0, piece.length - beyond) : piece;
  }
}

function endOf(run: { readonly from: number; readonly count: number } | undefined): number {
  return run === undefined ? 0 : run.from + run.count;
}
