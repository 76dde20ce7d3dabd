import type { ReadDisk } from '../disks/contents.ts';

/** Where things lie in an ext2, ext3 or ext4 file system (Documentation/filesystems/ext4 of Linux). */
export interface ExtVolume {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly hasFileTypes: boolean;
  /** The journal holds what was not written to its place: the last writer was cut off. */
  readonly needsRecovery: boolean;
  /** Inode of the journal; 0 for none. */
  readonly journalInode: number;
  /** Throws a RangeError for a block that the file system does not have. */
  readonly readBlock: (block: number) => Promise<Buffer>;
  readonly readBlocks: (block: number, count: number) => Promise<Buffer>;
  readonly readInode: (number: number) => Promise<Inode>;
}

/** What an inode says of its file. */
export interface Inode {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Bits of chmod(2). */
  readonly mode: number;
  readonly bytes: number;
  readonly usesExtents: boolean;
  /** The contents stand in the inode itself. */
  readonly isInline: boolean;
  /** The 60 bytes of its block map. */
  readonly map: Buffer;
}

/** Where a block's newest contents stand instead of in its place. */
export interface StandIn {
  readonly at: number;
  /** The first bytes, where they are others. */
  readonly begin?: Buffer;
}

/** A file system that cannot be read, in half a sentence: `uses …`. */
export class UnreadableVolume extends Error {}

const magic = 0xef53;
const recoveryBit = 0x4;
const fileTypeBit = 0x2;
const wideBit = 0x80;
/** compression, a journal of another one, meta_bg, dirdata: not of any Debian's root. */
const unknownBits = 0x1 | 0x8 | 0x10 | 0x1000;
/** Of descriptors and inodes; a megabyte in blocks of 4 KiB. */
const keptBlocks = 256;
const extentsFlag = 0x8_0000;
const inlineFlag = 0x1000_0000;

/**
 * Opens the ext file system that starts at byte `start`; undefined when there is none. Throws
 * `UnreadableVolume` for one with features that are not known. `replaced` are blocks whose
 * newest contents stand elsewhere: see journal.ts.
 */
export async function openVolume(
  read: ReadDisk,
  start: number,
  replaced?: ReadonlyMap<number, StandIn>,
): Promise<ExtVolume | undefined> {
  const superblock = await read(start + 1024, 1024);
  if (superblock.length < 1024 || superblock.readUInt16LE(0x38) !== magic) return undefined;
  const incompatible = superblock.readUInt32LE(0x60);
  const unknown = incompatible & unknownBits;
  if (unknown !== 0) {
    throw new UnreadableVolume(`uses features that are not known (0x${unknown.toString(16)})`);
  }
  const isWide = (incompatible & wideBit) !== 0;
  const blockBits = 10 + superblock.readUInt32LE(0x18);
  const inodesPerGroup = superblock.readUInt32LE(0x28);
  const inodeBytes = superblock.readUInt32LE(0x4c) === 0 ? 128 : superblock.readUInt16LE(0x58);
  const descriptorBytes = isWide ? superblock.readUInt16LE(0xfe) : 32;
  const isPossible =
    blockBits <= 16 &&
    inodesPerGroup > 0 &&
    inodeBytes >= 128 &&
    inodeBytes <= 2 ** blockBits &&
    descriptorBytes >= 32 &&
    descriptorBytes <= 1024;
  if (!isPossible) throw new UnreadableVolume('has a damaged superblock');
  const blockBytes = 2 ** blockBits;
  const blocks =
    superblock.readUInt32LE(0x4) + (isWide ? superblock.readUInt32LE(0x150) * 2 ** 32 : 0);
  const inodes = superblock.readUInt32LE(0x0);
  const descriptorsStart = (superblock.readUInt32LE(0x14) + 1) * blockBytes;

  async function readBlocks(block: number, count: number): Promise<Buffer> {
    if (block < 0 || block + count > blocks) throw new RangeError(`there is no block ${block}`);
    const bytes = Buffer.alloc(count * blockBytes);
    (await read(start + block * blockBytes, bytes.length)).copy(bytes);
    if (replaced === undefined) return bytes;
    for (let index = 0; index < count; index += 1) {
      const standIn = replaced.get(block + index);
      if (standIn === undefined) continue;
      (await read(start + standIn.at * blockBytes, blockBytes)).copy(bytes, index * blockBytes);
      standIn.begin?.copy(bytes, index * blockBytes);
    }
    return bytes;
  }

  /** Blocks of descriptors and inodes that were read last: neighbours' inodes share them. */
  const lately = new Map<number, Promise<Buffer>>();

  /** Of something that does not cross a block's border, as descriptors and inodes do not. */
  async function readAt(offset: number, length: number): Promise<Buffer> {
    const number = Math.floor(offset / blockBytes);
    const reading = lately.get(number) ?? readBlocks(number, 1);
    lately.delete(number);
    lately.set(number, reading);
    const [oldest] = lately.keys();
    if (lately.size > keptBlocks && oldest !== undefined) lately.delete(oldest);
    const from = offset % blockBytes;
    return (await reading).subarray(from, from + length);
  }

  return {
    blockBytes,
    blocks,
    hasFileTypes: (incompatible & fileTypeBit) !== 0,
    needsRecovery: (incompatible & recoveryBit) !== 0,
    journalInode: superblock.readUInt32LE(0xe0),
    readBlocks,
    readBlock: async (block) => await readBlocks(block, 1),
    readInode: async (number) => {
      if (number < 1 || number > inodes) throw new RangeError(`there is no inode ${number}`);
      const group = Math.floor((number - 1) / inodesPerGroup);
      const descriptor = await readAt(descriptorsStart + group * descriptorBytes, descriptorBytes);
      const table =
        descriptor.readUInt32LE(0x8) +
        (isWide && descriptorBytes >= 64 ? descriptor.readUInt32LE(0x28) * 2 ** 32 : 0);
      const place = ((number - 1) % inodesPerGroup) * inodeBytes;
      return readInodeFields(await readAt(table * blockBytes + place, inodeBytes));
    },
  };
}

const kinds: Readonly<Record<number, Inode['kind']>> = {
  0x4: 'folder',
  0x8: 'file',
  0xa: 'link',
};

function readInodeFields(inode: Buffer): Inode {
  const kind = kinds[inode.readUInt16LE(0x0) >> 12] ?? 'other';
  const flags = inode.readUInt32LE(0x20);
  return {
    kind,
    mode: inode.readUInt16LE(0x0) & 0o7777,
    bytes: inode.readUInt32LE(0x4) + inode.readUInt32LE(0x6c) * 2 ** 32,
    usesExtents: (flags & extentsFlag) !== 0,
    isInline: (flags & inlineFlag) !== 0,
    map: Buffer.from(inode.subarray(0x28, 0x28 + 60)),
  };
}
