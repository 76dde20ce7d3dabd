/** Reads `length` bytes of a disk as a guest would see them; fewer at its end. Offsets in bytes. */
export type ReadDisk = (offset: number, length: number) => Promise<Buffer>;

/** What lies in a disk or in one of its partitions, as its magic numbers tell. */
export interface VolumeContents {
  /** As blkid names it: `ext2`, `vfat` …; undefined when nothing is recognised. */
  readonly filesystem: string | undefined;
  /** The file system's own label; undefined when it has none. */
  readonly label: string | undefined;
}

/** A file system that is known by bytes at a fixed place. Places are those of libblkid's superblocks/. */
interface Signature {
  readonly name: string | ((read: ReadDisk, start: number) => Promise<string>);
  readonly offset: number;
  readonly magic: string;
  readonly label?: {
    readonly offset: number;
    readonly length: number;
  };
}

const latin = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

const signatures: readonly Signature[] = [
  {
    name: nameOfExt,
    offset: 1024 + 56,
    magic: '53ef',
    label: { offset: 1024 + 120, length: 16 },
  },
  { name: 'xfs', offset: 0, magic: latin('XFSB'), label: { offset: 108, length: 12 } },
  {
    name: 'btrfs',
    offset: 0x1_00_40,
    magic: latin('_BHRfS_M'),
    label: { offset: 0x1_01_2b, length: 256 },
  },
  { name: 'f2fs', offset: 1024, magic: '1020f5f2' },
  { name: 'ntfs', offset: 3, magic: latin('NTFS    ') },
  { name: 'exfat', offset: 3, magic: latin('EXFAT   ') },
  { name: 'vfat', offset: 82, magic: latin('FAT32   '), label: { offset: 71, length: 11 } },
  { name: 'vfat', offset: 54, magic: latin('FAT16   '), label: { offset: 43, length: 11 } },
  { name: 'vfat', offset: 54, magic: latin('FAT12   '), label: { offset: 43, length: 11 } },
  {
    name: 'iso9660',
    offset: 0x80_01,
    magic: latin('CD001'),
    label: { offset: 0x80_28, length: 32 },
  },
  { name: 'squashfs', offset: 0, magic: latin('hsqs') },
  { name: 'minix', offset: 1024 + 16, magic: '7f13' },
  { name: 'minix', offset: 1024 + 16, magic: '8f13' },
  { name: 'minix', offset: 1024 + 16, magic: '6824' },
  { name: 'minix', offset: 1024 + 16, magic: '7824' },
  { name: 'minix', offset: 1024 + 24, magic: '5a4d' },
  {
    name: 'swap',
    offset: 4096 - 10,
    magic: latin('SWAPSPACE2'),
    label: { offset: 1052, length: 16 },
  },
  { name: 'crypto_LUKS', offset: 0, magic: '4c554b53babe' },
  { name: 'LVM2_member', offset: 512, magic: latin('LABELONE') },
];

/** Tells the file system that starts at byte `start`, and its label. */
export async function recogniseVolume(read: ReadDisk, start = 0): Promise<VolumeContents> {
  for (const { name, offset, magic, label } of signatures) {
    const found = await read(start + offset, magic.length / 2);
    if (found.toString('hex') !== magic) continue;
    const text =
      label === undefined ? '' : await readLabel(read, start + label.offset, label.length);
    return {
      filesystem: typeof name === 'string' ? name : await name(read, start),
      label: text === '' || text === 'NO NAME' ? undefined : text,
    };
  }
  return { filesystem: undefined, label: undefined };
}

async function readLabel(read: ReadDisk, offset: number, length: number): Promise<string> {
  const bytes = await read(offset, length);
  const end = bytes.indexOf(0);
  const text = bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  // It goes to a terminal, and anybody may have written it.
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?').trim();
}

/** The three share a magic; the journal and the features that ext3 does not know tell them apart (as in libblkid). */
async function nameOfExt(read: ReadDisk, start: number): Promise<string> {
  const superblock = await read(start + 1024, 104);
  const compatible = superblock.readUInt32LE(92);
  const incompatible = superblock.readUInt32LE(96);
  const readOnly = superblock.readUInt32LE(100);
  const ext3Incompatible = 0x2 | 0x4 | 0x10;
  const ext3ReadOnly = 0x1 | 0x2 | 0x4;
  if ((incompatible & ~ext3Incompatible) !== 0 || (readOnly & ~ext3ReadOnly) !== 0) return 'ext4';
  return (compatible & 0x4) === 0 ? 'ext2' : 'ext3';
}
