import { readBlockRuns, type BlockRun } from './block-runs.ts';
import type { ExtVolume, StandIn } from './volume.ts';

// A guest whose plug was pulled has its last changes in the journal only; the next mount writes
// them to their places. Nobody mounts here, so the blocks are read from where they stand. Format:
// Documentation/filesystems/ext4/journal.rst of Linux; all numbers are big-endian.

const magic = 0xc03b3998;
const magicBytes = Buffer.from('c03b3998', 'hex');
const descriptor = 1;
const commit = 2;
const revocation = 5;
/** Features of the journal. */
const wideBit = 0x2;
const checksumBits = 0x8 | 0x10;
const tagChecksumBit = 0x10;
/** Flags of a tag. */
const escaped = 1;
const sameUuid = 2;
const lastTag = 8;
/** The largest that mke2fs makes has 1 GB, in a handful of pieces. */
const mostBytes = 1024 ** 3;
const mostRuns = 1_000;

interface Logged {
  readonly block: number;
  readonly sequence: number;
  readonly place: number;
  readonly isEscaped: boolean;
}

/**
 * Blocks that the journal has newer than their places, by number; none where it is empty, or
 * damaged: then the places count. A transaction counts once its commit is there.
 */
export async function readJournal(volume: ExtVolume): Promise<ReadonlyMap<number, StandIn>> {
  const inode = await volume.readInode(volume.journalInode);
  if (inode.kind !== 'file' || inode.bytes > mostBytes) return new Map();
  const runs = await readBlockRuns(volume, inode);
  if (runs.length > mostRuns) return new Map();
  const read = async (place: number): Promise<Buffer> => {
    const at = placeOf(runs, place);
    return at === undefined ? Buffer.alloc(volume.blockBytes) : await volume.readBlock(at);
  };
  const head = await read(0);
  const length = Math.min(head.readUInt32BE(0x10), Math.ceil(inode.bytes / volume.blockBytes));
  const [first, start] = [head.readUInt32BE(0x14), head.readUInt32BE(0x1c)];
  const isUsable =
    head.readUInt32BE(0) === magic && head.readUInt32BE(0xc) === volume.blockBytes && first > 0;
  if (!isUsable || start < first || start >= length) return new Map();
  const features = head.readUInt32BE(4) === 4 ? head.readUInt32BE(0x28) : 0;

  const logged: Logged[] = [];
  const revoked = new Map<number, number>();
  let sequence = head.readUInt32BE(0x18);
  let open: Logged[] = [];
  let openRevoked: number[] = [];
  const next = (place: number): number => (place + 1 >= length ? first : place + 1);
  let place = start;
  for (let looked = 0; looked < length; looked += 1) {
    const block = await read(place);
    if (block.readUInt32BE(0) !== magic || block.readUInt32BE(8) !== sequence) break;
    const kind = block.readUInt32BE(4);
    if (kind === descriptor) {
      for (const tag of readTags(block, features)) {
        place = next(place);
        looked += 1;
        open.push({ ...tag, sequence, place });
      }
    } else if (kind === revocation) openRevoked.push(...readRevoked(block, features));
    else if (kind === commit) {
      logged.push(...open);
      for (const each of openRevoked) revoked.set(each, sequence);
      [open, openRevoked] = [[], []];
      sequence = (sequence + 1) >>> 0;
    } else break;
    place = next(place);
  }
  const newest = new Map<number, Logged>();
  for (const each of logged) {
    if ((revoked.get(each.block) ?? -1) < each.sequence) newest.set(each.block, each);
    else newest.delete(each.block);
  }
  const found = new Map<number, StandIn>();
  for (const { block, place: at, isEscaped } of newest.values()) {
    const standIn = placeOf(runs, at);
    // A block that starts like one of the journal's own has zeros there instead.
    if (standIn !== undefined)
      found.set(block, isEscaped ? { at: standIn, begin: magicBytes } : { at: standIn });
  }
  return found;
}

function placeOf(runs: readonly BlockRun[], place: number): number | undefined {
  const run = runs.find(({ from, count }) => from <= place && place < from + count);
  return run?.at === undefined ? undefined : run.at + (place - run.from);
}

function readTags(block: Buffer, features: number): Pick<Logged, 'block' | 'isEscaped'>[] {
  const isWide = (features & wideBit) !== 0;
  const isLong = (features & tagChecksumBit) !== 0;
  const bytes = isLong ? 16 : isWide ? 12 : 8;
  const end = block.length - ((features & checksumBits) === 0 ? 0 : 4);
  const tags: Pick<Logged, 'block' | 'isEscaped'>[] = [];
  for (let at = 12; at + bytes <= end;) {
    const flags = isLong ? block.readUInt32BE(at + 4) : block.readUInt16BE(at + 6);
    const high = isWide ? block.readUInt32BE(at + 8) : 0;
    tags.push({
      block: block.readUInt32BE(at) + high * 2 ** 32,
      isEscaped: (flags & escaped) !== 0,
    });
    if ((flags & lastTag) !== 0) break;
    at += bytes + ((flags & sameUuid) === 0 ? 16 : 0);
  }
  return tags;
}

function readRevoked(block: Buffer, features: number): number[] {
  const isWide = (features & wideBit) !== 0;
  const end = Math.min(block.readUInt32BE(12), block.length);
  const found: number[] = [];
  for (let at = 16; at + (isWide ? 8 : 4) <= end; at += isWide ? 8 : 4) {
    found.push(isWide ? Number(block.readBigUInt64BE(at)) : block.readUInt32BE(at));
  }
  return found;
}
