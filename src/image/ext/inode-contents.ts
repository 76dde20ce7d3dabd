import { readBlockRuns } from './block-runs.ts';
import { UnreadableVolume, type ExtVolume, type Inode } from './volume.ts';

export interface ExtFile {
  readonly bytes: number;
  /** The contents, in pieces of at most a megabyte. */
  read(): AsyncIterable<Buffer>;
  /** The contents as text; throws a RangeError for more than `mostBytes`. */
  text(mostBytes: number): Promise<string>;
}

/** Longest folder that is read: some 100,000 names. */
const mostFolderBytes = 4 * 1024 ** 2;
const mostLinkBytes = 4096;
const pieceBytes = 1024 ** 2;

/** An inode of a regular file as one. */
export function fileOf(volume: ExtVolume, inode: Inode): ExtFile {
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

/** A link's target. Linux keeps a short one in place of the block map. */
export async function readLink(volume: ExtVolume, inode: Inode): Promise<string> {
  if (inode.bytes > mostLinkBytes) throw new UnreadableVolume('has a link that is too long');
  if (inode.bytes < inode.map.length && !inode.usesExtents) {
    return inode.map.toString('utf8', 0, inode.bytes);
  }
  return (await gather(readContents(volume, inode))).toString('utf8');
}

/** Names and inodes of a folder; its index reads as entries without an inode. */
export async function readFolder(volume: ExtVolume, folder: Inode): Promise<Map<string, number>> {
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
