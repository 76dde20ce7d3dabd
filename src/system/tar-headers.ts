/** A member of a tar archive, as its header says. */
export interface TarMember {
  /** Of bytes as they are in the archive, read as UTF-8; not looked at. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'hard-link' | 'other';
  /** Of the data that follows. */
  readonly bytes: number;
  /** Permission bits alone: no set-user-id, set-group-id and sticky bit. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** Of the two kinds of links. */
  readonly target: string;
}

/** Headers and data come in blocks of this size (POSIX.1-1988, ustar). */
export const blockBytes = 512;

/** What the header says before extended records change it. */
export interface TarHeader extends TarMember {
  /** ustar's letter. */
  readonly type: string;
}

/** What extended headers (pax `x`, GNU `L` and `K`) say of the next member. */
export interface TarExtension {
  readonly path?: string;
  readonly target?: string;
  readonly bytes?: number;
  readonly modifiedAt?: number;
}

const kinds: Readonly<Record<string, TarMember['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hard-link',
  '2': 'link',
  '3': 'other',
  '4': 'other',
  '5': 'folder',
  '6': 'other',
};

/**
 * Reads one header block; undefined for a block of zeros, which ends an archive. Throws a
 * RangeError for one with a wrong checksum or a number that is none. Pure.
 */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const type = block.toString('latin1', 156, 157);
  if (readSize(block.subarray(148, 156)) !== checksum(block)) {
    throw new RangeError('a header with a wrong checksum');
  }
  const name = text(block.subarray(0, 100));
  const prefix = block.toString('latin1', 257, 262) === 'ustar' && block[262] === 0;
  const before = prefix ? text(block.subarray(345, 500)) : '';
  return {
    type,
    path: before === '' ? name : `${before}/${name}`,
    kind: kinds[type] ?? 'other',
    bytes: readSize(block.subarray(124, 136)),
    mode: readSize(block.subarray(100, 108)) & 0o777,
    // A time before 1970 is a negative number, for which no file needs its time.
    modifiedAt: block[136] === 0xff ? 0 : readSize(block.subarray(136, 148)),
    target: text(block.subarray(157, 257)),
  };
}

/** Letters of headers that say something of the next member, and those that are a member. */
export function isExtension(type: string): boolean {
  return 'xgLK'.includes(type);
}

/** Whether members of this type are read at all; a sparse file (`S`) of a terabyte takes a block. Pure. */
export function isKnownMember(type: string): boolean {
  return Object.hasOwn(kinds, type);
}

/** What an extended header's data says. Throws a RangeError for what is no record, and for sparse files. Pure. */
export function readExtension(type: string, data: Buffer): TarExtension {
  // A global header is for every member, and nothing in it is for us.
  if (type === 'g') return {};
  if (type === 'L') return { path: text(data) };
  if (type === 'K') return { target: text(data) };
  const found: Record<string, string> = {};
  for (let at = 0; at < data.length;) {
    const blank = data.indexOf(0x20, at);
    const digits = data.toString('latin1', at, Math.max(at, blank));
    const length = /^[1-9]\d{0,6}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    if (length <= digits.length + 2 || end > data.length || data[end - 1] !== 0x0a) {
      throw new RangeError('an extended header that is no list of records');
    }
    const record = data.subarray(blank + 1, end - 1);
    const equals = record.indexOf(0x3d);
    const key = record.toString('latin1', 0, Math.max(0, equals));
    if (key.startsWith('GNU.sparse.')) throw new RangeError('a sparse file');
    if (wantedKeys.has(key)) found[key] = decode(record.subarray(equals + 1));
    at = end;
  }
  return {
    ...(found['path'] === undefined ? {} : { path: found['path'] }),
    ...(found['linkpath'] === undefined ? {} : { target: found['linkpath'] }),
    ...(found['size'] === undefined ? {} : { bytes: wholeNumber(found['size']) }),
    ...(found['mtime'] === undefined ? {} : { modifiedAt: seconds(found['mtime']) }),
  };
}

const wantedKeys: ReadonlySet<string> = new Set(['path', 'linkpath', 'size', 'mtime']);

function wholeNumber(digits: string): number {
  if (/^\d{1,15}$/.test(digits)) return Number(digits);
  throw new RangeError('a size that is no number');
}

function seconds(digits: string): number {
  if (digits.startsWith('-')) return 0;
  if (/^\d{1,12}(?:\.\d{0,20})?$/.test(digits)) return Number(digits);
  throw new RangeError('a time that is no number');
}

/** Octal digits between blanks and NULs, or GNU's binary form, positive. */
function readSize(field: Buffer): number {
  if (field[0] === 0x80) {
    const value = BigInt(`0x${field.subarray(1).toString('hex')}`);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw new RangeError('a number that is too large');
  }
  const [, digits] = /^[ \0]{0,12}([0-7]{0,12})[ \0]{0,12}$/.exec(field.toString('latin1')) ?? [];
  if (digits === undefined) throw new RangeError('a number that is none');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** The sum of a header's bytes, its own field taken as blanks. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockBytes; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

/** Up to the first NUL. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function decode(bytes: Buffer): string {
  return bytes.toString('utf8');
}
