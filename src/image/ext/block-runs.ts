import { UnreadableVolume, type ExtVolume, type Inode } from './volume.ts';

/** Blocks of a file that lie one behind the other. What no run covers is a hole. */
export interface BlockRun {
  /** First block, counted in the file. */
  readonly from: number;
  readonly count: number;
  /** First block, counted in the file system; undefined for room that was never written to. */
  readonly at: number | undefined;
}

/** Nodes of a map that are looked at: those of a file of 64 GB in the smallest pieces have fewer. */
const mostNodes = 20_000;
const mostRuns = 1_000_000;
const deepest = 5;
const extentMagic = 0xf30a;
/** An extent that is longer is as much shorter, and was never written to. */
const longestWritten = 32_768;

/** Where a file's blocks lie, in the file's order. Throws `UnreadableVolume` for a damaged map. */
export async function readBlockRuns(volume: ExtVolume, inode: Inode): Promise<BlockRun[]> {
  if (inode.isInline) throw new UnreadableVolume('keeps files in their inodes');
  const runs: BlockRun[] = [];
  let nodes = 0;
  const visit = (): void => {
    nodes += 1;
    if (nodes > mostNodes || runs.length > mostRuns)
      throw new UnreadableVolume('has a file in too many pieces');
  };

  async function readExtents(node: Buffer, depthLeft: number): Promise<void> {
    visit();
    const depth = node.readUInt16LE(6);
    const entries = Math.min(node.readUInt16LE(2), Math.floor(node.length / 12) - 1);
    if (node.readUInt16LE(0) !== extentMagic || depth > depthLeft) {
      throw new UnreadableVolume('has a file with a damaged map');
    }
    for (let index = 1; index <= entries; index += 1) {
      const entry = node.subarray(index * 12, index * 12 + 12);
      if (depth > 0) {
        const child = entry.readUInt32LE(4) + entry.readUInt16LE(8) * 2 ** 32;
        await readExtents(await volume.readBlock(child), depth - 1);
        continue;
      }
      const length = entry.readUInt16LE(4);
      const isWritten = length <= longestWritten;
      runs.push({
        from: entry.readUInt32LE(0),
        count: isWritten ? length : length - longestWritten,
        at: isWritten ? entry.readUInt32LE(8) + entry.readUInt16LE(6) * 2 ** 32 : undefined,
      });
    }
  }

  /** ext2's and ext3's: blocks, then blocks of blocks. Stops where the file ends. */
  async function readPointers(node: Buffer, level: number, from: number): Promise<void> {
    visit();
    const span = (volume.blockBytes / 4) ** level;
    const end = Math.ceil(inode.bytes / volume.blockBytes);
    for (let index = 0; index < node.length / 4; index += 1) {
      const first = from + index * span;
      const at = node.readUInt32LE(index * 4);
      if (first >= end || at === 0) continue;
      if (level > 0) await readPointers(await volume.readBlock(at), level - 1, first);
      else addBlock(runs, first, at);
    }
  }

  if (inode.usesExtents) await readExtents(inode.map, deepest);
  else {
    const perBlock = volume.blockBytes / 4;
    await readPointers(inode.map.subarray(0, 48), 0, 0);
    const firsts = [12, 12 + perBlock, 12 + perBlock + perBlock ** 2];
    for (const [index, first] of firsts.entries()) {
      const pointer = inode.map.subarray(48 + index * 4, 52 + index * 4);
      await readPointers(pointer, index + 1, first);
    }
  }
  return runs.toSorted((one, other) => one.from - other.from);
}

function addBlock(runs: BlockRun[], from: number, at: number): void {
  const last = runs.at(-1);
  const follows =
    last?.at !== undefined && last.from + last.count === from && last.at + last.count === at;
  if (follows) runs.splice(-1, 1, { ...last, count: last.count + 1 });
  else runs.push({ from, count: 1, at });
}
