/**
 * What a qcow2 file says about itself in its first cluster, as far as utopia
 * decides by it. Field offsets, feature bits and extension numbers are those of
 * QEMU's docs/interop/qcow2.txt.
 */
export interface Qcow2Header {
  readonly version: number;
  readonly virtualBytes: number;
  /** As written in the file: may be relative, or a `json:` or protocol name. */
  readonly backingName: string | undefined;
  /** `raw`, `qcow2`; files made without -F have none, and QEMU then guesses. */
  readonly backingFormat: string | undefined;
  readonly encrypted: boolean;
  /** The contents are in another file, which the header names. */
  readonly externalDataFile: boolean;
  /** Reference counts were not written out; QEMU mends that when it opens the file. */
  readonly dirty: boolean;
  /** QEMU saw broken metadata and refuses to write until `qemu-img check -r`. */
  readonly corrupt: boolean;
  /** Internal snapshots (`savevm`). */
  readonly snapshotCount: number;
  /** The file must be at least this long to hold the tables that the header names. */
  readonly leastBytes: number;
}

/** Bytes to read from the start of a file: header, extensions and backing name fit in the least cluster that is usual. */
export const qcow2HeaderBytes = 65_536;

const qcow2Magic = 0x51_46_49_fb;
const backingFormatExtension = 0xe2_79_2a_ca;
/** Of LUKS, which an image without encryption must not have. */
const cryptoExtension = 0x05_37_be_77;
const dirtyBit = 1n;
const corruptBit = 2n;
const externalDataBit = 4n;
const compressionBit = 8n;
const extendedL2Bit = 16n;
const knownFeatures = dirtyBit | corruptBit | externalDataBit | compressionBit | extendedL2Bit;
/** What QEMU's block/qcow2.h allows: QCOW_MAX_L1_SIZE, QCOW_MAX_REFTABLE_SIZE, QCOW_MAX_SNAPSHOTS. */
const mostL1Bytes = 32 * 1024 ** 2;
const mostReftableBytes = 8 * 1024 ** 2;
const mostSnapshots = 65_536;
/** A snapshot's record without its name and extra data (docs/interop/qcow2.txt). */
const leastSnapshotBytes = 40;
/** Longest backing format that QEMU reads: `backing_format` has 16 bytes. */
const mostFormatBytes = 15;

/** True when the file starts with `QFI\xfb`. */
export function looksLikeQcow2(start: Buffer): boolean {
  return start.length >= 4 && start.readUInt32BE(0) === qcow2Magic;
}

/**
 * Reads the header from the first bytes of a file (up to `qcow2HeaderBytes`).
 * Returns a string that says what is wrong when it is not a whole qcow2 header
 * of version 2 or 3.
 */
export function parseQcow2Header(start: Buffer): Qcow2Header | string {
  if (!looksLikeQcow2(start)) return 'it does not start with the qcow2 magic';
  if (start.length < 72) return 'its header is cut off';
  const version = start.readUInt32BE(4);
  if (version !== 2 && version !== 3) return `its qcow2 version ${version} is not known`;
  if (version === 3 && start.length < 104) return 'its header is cut off';

  const backingOffset = Number(start.readBigUInt64BE(8));
  const backingLength = start.readUInt32BE(16);
  const clusterBits = start.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) return `its cluster size 2^${clusterBits} is not valid`;
  const clusterBytes = 2 ** clusterBits;
  // QEMU allows no longer name.
  if (backingLength > 1023) return `its backing file's name is ${backingLength} bytes long`;
  const nameEnd = backingOffset + backingLength;
  if (backingOffset !== 0 && nameEnd > Math.min(start.length, clusterBytes)) {
    return "its backing file's name lies outside its header";
  }
  const headerLength = version === 3 ? start.readUInt32BE(100) : 72;
  const leastLength = version === 3 ? 104 : 72;
  if (headerLength < leastLength || headerLength > Math.min(start.length, clusterBytes)) {
    return 'its header length is not valid';
  }
  const problem = wrongFeatures(start, version, clusterBits, headerLength);
  if (problem !== undefined) return problem;
  const tables = readTables(start, version, clusterBits);
  if (typeof tables === 'string') return tables;

  const incompatible = version === 3 ? start.readBigUInt64BE(72) : 0n;
  const extensionsEnd = backingOffset === 0 ? Math.min(start.length, clusterBytes) : backingOffset;
  const extensions = readExtensions(start.subarray(headerLength, extensionsEnd));
  if (typeof extensions === 'string') return extensions;
  return {
    version,
    virtualBytes: Number(start.readBigUInt64BE(24)),
    backingName:
      backingOffset === 0 || backingLength === 0
        ? undefined
        : start.toString('utf8', backingOffset, nameEnd),
    backingFormat: extensions.get(backingFormatExtension)?.toString('latin1'),
    encrypted: start.readUInt32BE(32) !== 0,
    externalDataFile: (incompatible & externalDataBit) !== 0n,
    dirty: (incompatible & dirtyBit) !== 0n,
    corrupt: (incompatible & corruptBit) !== 0n,
    snapshotCount: start.readUInt32BE(60),
    leastBytes: tables.leastBytes,
  };
}

/** What QEMU's qcow2_do_open refuses of the fields that version 3 has added. */
function wrongFeatures(
  start: Buffer,
  version: number,
  clusterBits: number,
  headerLength: number,
): string | undefined {
  if (start.readUInt32BE(32) > 2) return 'its encryption is of an unknown kind';
  if (version === 2) return undefined;
  const incompatible = start.readBigUInt64BE(72);
  const unknown = incompatible & ~knownFeatures;
  if (unknown !== 0n) return `it needs features that are not known (0x${unknown.toString(16)})`;
  const refcountOrder = start.readUInt32BE(96);
  if (refcountOrder > 6) return `its reference counts of 2^${refcountOrder} bits are not valid`;
  const compression = headerLength > 104 && start.length > 104 ? start.readUInt8(104) : 0;
  const other = (incompatible & compressionBit) !== 0n;
  if (compression > 1 || other !== (compression !== 0)) return 'its compression is not known';
  if ((incompatible & extendedL2Bit) !== 0n && clusterBits < 14) {
    return 'its clusters are too small for subclusters';
  }
  return undefined;
}

/** Places and sizes of the tables, within QEMU's own bounds; how long the file must be to hold them. */
function readTables(
  start: Buffer,
  version: number,
  clusterBits: number,
): { readonly leastBytes: number } | string {
  const clusterBytes = 2 ** clusterBits;
  const extended = version === 3 && (start.readBigUInt64BE(72) & extendedL2Bit) !== 0n;
  const size = start.readBigUInt64BE(24);
  if (size >= 2n ** 63n) return `its size of ${size} bytes is not valid`;
  const l1Entries = start.readUInt32BE(36);
  // An L2 table is one cluster of entries of 8 bytes, or of 16 with subclusters.
  const bytesPerL1Entry = 1n << BigInt(2 * clusterBits - (extended ? 4 : 3));
  const neededEntries = (size + bytesPerL1Entry - 1n) / bytesPerL1Entry;
  if (l1Entries * 8 > mostL1Bytes) return `its L1 table has ${l1Entries} entries, too many`;
  if (BigInt(l1Entries) < neededEntries) return 'its L1 table is too small for its size';
  const refcountClusters = start.readUInt32BE(56);
  if (refcountClusters * clusterBytes > mostReftableBytes) {
    return `its table of reference counts has ${refcountClusters} clusters, too many`;
  }
  if (refcountClusters === 0) return 'it has no table of reference counts';
  const snapshots = start.readUInt32BE(60);
  if (snapshots > mostSnapshots) return `it has ${snapshots} snapshots, too many`;
  const areas = [
    { name: 'its L1 table', at: start.readBigUInt64BE(40), bytes: l1Entries * 8 },
    {
      name: 'its table of reference counts',
      at: start.readBigUInt64BE(48),
      bytes: refcountClusters * clusterBytes,
    },
    {
      name: 'its table of snapshots',
      at: start.readBigUInt64BE(64),
      bytes: snapshots * leastSnapshotBytes,
    },
  ];
  for (const { name, at, bytes } of areas) {
    if ((at === 0n && bytes > 0) || at % BigInt(clusterBytes) !== 0n || at >= 2n ** 56n) {
      return `${name} lies at ${at}, where none can be`;
    }
  }
  return {
    leastBytes: Math.max(
      0,
      ...areas.map(({ at, bytes }) => (bytes === 0 ? 0 : Number(at) + bytes)),
    ),
  };
}

/**
 * Walks the header extensions: type, length, contents padded to 8 bytes; type 0 ends
 * them. Gives the first of each type, or what is wrong.
 */
function readExtensions(area: Buffer): ReadonlyMap<number, Buffer> | string {
  const found = new Map<number, Buffer>();
  let offset = 0;
  while (offset < area.length) {
    if (offset + 8 > area.length) return 'an extension of its header leads out of it';
    const type = area.readUInt32BE(offset);
    const length = area.readUInt32BE(offset + 4);
    // QEMU looks at the length of the last one, too.
    if (length > area.length - offset - 8) return 'an extension of its header leads out of it';
    if (type === 0) break;
    if (type === cryptoExtension) return 'its header speaks of encryption that it does not have';
    if (type === backingFormatExtension && length > mostFormatBytes) {
      return "its backing file's format has no name";
    }
    if (!found.has(type)) found.set(type, area.subarray(offset + 8, offset + 8 + length));
    offset += 8 + Math.ceil(length / 8) * 8;
  }
  return found;
}

/**
 * Why a file of `fileBytes` cannot hold what its header promises, as the rest of a
 * sentence about it; undefined when it can, or for a device, whose size is not known. Pure.
 */
export function whyCutOff(header: Qcow2Header, fileBytes: number | undefined): string | undefined {
  if (fileBytes === undefined || fileBytes >= header.leastBytes) return undefined;
  return `is cut off: it has ${fileBytes} bytes, its own tables need ${header.leastBytes}`;
}

/** Why such a file is not a whole disk in itself, as the rest of a sentence about it; undefined when it is. Pure. */
export function whyIncomplete(header: Qcow2Header): string | undefined {
  if (header.backingName !== undefined) return `is an overlay, over ${header.backingName}`;
  if (header.externalDataFile) return 'keeps its contents in another file';
  if (header.encrypted) return 'is encrypted';
  return header.corrupt ? 'is marked corrupt' : undefined;
}
