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
const dirtyBit = 1n;
const corruptBit = 2n;
const externalDataBit = 4n;

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
  // QEMU allows no longer name.
  if (backingLength > 1023) return `its backing file's name is ${backingLength} bytes long`;
  if (backingOffset !== 0 && backingOffset + backingLength > start.length) {
    return "its backing file's name lies outside its header";
  }
  const headerLength = version === 3 ? start.readUInt32BE(100) : 72;
  if (headerLength < 72 || headerLength > start.length) return 'its header length is not valid';

  const incompatible = version === 3 ? start.readBigUInt64BE(72) : 0n;
  const l1End = Number(start.readBigUInt64BE(40)) + start.readUInt32BE(36) * 8;
  const refcountEnd = Number(start.readBigUInt64BE(48)) + start.readUInt32BE(56) * 2 ** clusterBits;
  const extensionsEnd = backingOffset === 0 ? start.length : backingOffset;
  return {
    version,
    virtualBytes: Number(start.readBigUInt64BE(24)),
    backingName:
      backingOffset === 0 || backingLength === 0
        ? undefined
        : start.toString('utf8', backingOffset, backingOffset + backingLength),
    backingFormat: findExtension(
      start.subarray(headerLength, extensionsEnd),
      backingFormatExtension,
    )?.toString('latin1'),
    encrypted: start.readUInt32BE(32) !== 0,
    externalDataFile: (incompatible & externalDataBit) !== 0n,
    dirty: (incompatible & dirtyBit) !== 0n,
    corrupt: (incompatible & corruptBit) !== 0n,
    snapshotCount: start.readUInt32BE(60),
    leastBytes: Math.max(l1End, refcountEnd),
  };
}

/** Walks the header extensions: type, length, contents padded to 8 bytes; type 0 ends them. */
function findExtension(area: Buffer, wanted: number): Buffer | undefined {
  let offset = 0;
  while (offset + 8 <= area.length) {
    const type = area.readUInt32BE(offset);
    const length = area.readUInt32BE(offset + 4);
    if (type === 0) return undefined;
    if (type === wanted) return area.subarray(offset + 8, offset + 8 + length);
    offset += 8 + Math.ceil(length / 8) * 8;
  }
  return undefined;
}

/** Why such a file is not a whole disk in itself, as the rest of a sentence about it; undefined when it is. Pure. */
export function whyIncomplete(header: Qcow2Header): string | undefined {
  if (header.backingName !== undefined) return `is an overlay, over ${header.backingName}`;
  if (header.externalDataFile) return 'keeps its contents in another file';
  if (header.encrypted) return 'is encrypted';
  return header.corrupt ? 'is marked corrupt' : undefined;
}
