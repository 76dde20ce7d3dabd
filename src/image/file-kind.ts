import { quoteForShell } from '../shell-words.ts';
import { looksLikeQcow2 } from './qcow2-header.ts';

/** What a file's first bytes say it is. Anything without a magic is a raw disk, or nothing we know. */
export type FileKind =
  'empty' | 'qcow2' | 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'zip' | 'html' | 'other';

/** Bytes that `recogniseKind` wants to see. */
export const kindBytes = 512;

const magics: readonly { readonly kind: FileKind; readonly bytes: readonly number[] }[] = [
  { kind: 'gzip', bytes: [0x1f, 0x8b] },
  { kind: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { kind: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { kind: 'bzip2', bytes: [0x42, 0x5a, 0x68] },
  { kind: 'zip', bytes: [0x50, 0x4b, 0x03, 0x04] },
];

/** Tells a file's kind from its first bytes. */
export function recogniseKind(start: Buffer): FileKind {
  if (start.length === 0) return 'empty';
  if (looksLikeQcow2(start)) return 'qcow2';
  const magic = magics.find(({ bytes }) => bytes.every((byte, index) => start[index] === byte));
  if (magic !== undefined) return magic.kind;
  if (/^\s*<(!doctype|html|\?xml|head|body)/i.test(start.toString('latin1', 0, kindBytes))) {
    return 'html';
  }
  return 'other';
}

const unpackers: Partial<Record<FileKind, string>> = {
  gzip: 'gunzip -k',
  xz: 'unxz -k',
  zstd: 'unzstd -k',
  bzip2: 'bunzip2 -k',
  zip: 'unzip',
};

/** The command that unpacks a packed file and keeps it; undefined for what is not packed. */
export function unpackCommand(kind: FileKind, path: string): string | undefined {
  const command = unpackers[kind];
  return command === undefined ? undefined : `${command} ${quoteForShell(path)}`;
}
