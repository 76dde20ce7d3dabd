import { quoteForShell } from '../text/shell-words.ts';
import { looksLikeQcow2 } from './qcow2-header.ts';

/** What a file's first bytes say it is. Anything without a magic is a raw disk, or nothing we know. */
export type FileKind =
  | 'empty'
  | 'qcow2'
  | 'gzip'
  | 'xz'
  | 'zstd'
  | 'bzip2'
  | 'zip'
  | 'lz4'
  | '7z'
  | 'tar'
  | 'html'
  | 'json'
  | 'vmdk'
  | 'vdi'
  | 'vhd'
  | 'vhdx'
  | 'qed'
  | 'qcow'
  | 'parallels'
  | 'luks'
  | 'iso'
  | 'other';

/** Disk images of other programs, which QEMU could read, and utopia does not start from. */
const foreignDisks: Partial<Record<FileKind, string>> = {
  vmdk: 'a VMDK image (VMware)',
  vdi: 'a VDI image (VirtualBox)',
  vhd: 'a VHD image (Virtual PC)',
  vhdx: 'a VHDX image (Hyper-V)',
  qed: 'a QED image',
  qcow: 'a qcow image of version 1',
  parallels: 'a Parallels image',
  luks: 'an encrypted LUKS volume',
};

/** What a disk image of another format is, as `a VMDK image (VMware)`; undefined for every other file. */
export function foreignDisk(kind: FileKind): string | undefined {
  return foreignDisks[kind];
}

/** Bytes that `recogniseKind` wants to see. */
export const kindBytes = 512;

/** An ISO 9660 descriptor stands behind 16 sectors of 2048 bytes, its word behind a byte. */
const isoWordAt = 16 * 2048 + 1;

interface Magic {
  readonly kind: FileKind;
  readonly bytes: readonly number[];
  /** Where they stand; at the start without it. */
  readonly at?: number;
}

function word(text: string): readonly number[] {
  return [...Buffer.from(text, 'latin1')];
}

/** Formats of block/*.c of QEMU, and file(1)'s. */
const magics: readonly Magic[] = [
  { kind: 'gzip', bytes: [0x1f, 0x8b] },
  { kind: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { kind: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { kind: 'bzip2', bytes: [0x42, 0x5a, 0x68] },
  { kind: 'zip', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { kind: 'lz4', bytes: [0x04, 0x22, 0x4d, 0x18] },
  { kind: '7z', bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] },
  { kind: 'tar', bytes: word('ustar'), at: 257 },
  { kind: 'vmdk', bytes: word('KDMV') },
  { kind: 'vmdk', bytes: word('COWD') },
  { kind: 'vmdk', bytes: word('# Disk DescriptorFile') },
  { kind: 'vdi', bytes: [0x7f, 0x10, 0xda, 0xbe], at: 64 },
  { kind: 'vhdx', bytes: word('vhdxfile') },
  { kind: 'vhd', bytes: word('conectix') },
  { kind: 'qed', bytes: word('QED\0') },
  { kind: 'qcow', bytes: [0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 1] },
  { kind: 'parallels', bytes: word('WithoutFreeSpace') },
  { kind: 'parallels', bytes: word('WithouFreSpacExt') },
  { kind: 'luks', bytes: [...word('LUKS'), 0xba, 0xbe] },
  { kind: 'iso', bytes: word('CD001'), at: isoWordAt },
];

/** Bytes at the end of a fixed VHD, which has its header there alone. */
export const vhdFooterBytes = 512;

/** Whether a file that ends with these bytes is a fixed VHD. */
export function endsAsVhd(end: Buffer): boolean {
  return end.toString('latin1', 0, 8) === 'conectix';
}

/** Tells a file's kind from its first bytes. */
export function recogniseKind(start: Buffer): FileKind {
  if (start.length === 0) return 'empty';
  const magic = magics.find(({ bytes, at = 0 }) =>
    bytes.every((byte, index) => start[at + index] === byte),
  );
  if (magic !== undefined) return magic.kind;
  if (looksLikeQcow2(start)) return 'qcow2';
  const text = start.toString('latin1', 0, kindBytes).replace(/^\xef\xbb\xbf/, '');
  if (/^\s{0,512}<(?:!doctype|!--|html|\?xml|head|body)/i.test(text)) return 'html';
  // An answer of a web service. A disk has bytes that are no text.
  if (/^\s{0,512}[{[]/.test(text) && /^[\s\x20-\x7e\x80-\xff]*$/.test(text)) return 'json';
  return 'other';
}

const unpackers: Partial<Record<FileKind, string>> = {
  gzip: 'gunzip -k',
  xz: 'unxz -k',
  zstd: 'unzstd -k',
  bzip2: 'bunzip2 -k',
  zip: 'unzip',
  lz4: 'unlz4 -k',
  '7z': '7z x',
  tar: 'tar -xf',
};

/** The command that unpacks a packed file and keeps it; undefined for what is not packed. */
export function unpackCommand(kind: FileKind, path: string): string | undefined {
  const command = unpackers[kind];
  return command === undefined ? undefined : `${command} ${quoteForShell(path)}`;
}
