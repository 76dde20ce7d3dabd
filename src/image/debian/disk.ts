/** Where the only partition starts: 1 MiB, room for the boot loader's core before it. */
export const partitionStartBytes = 1024 * 1024;

const sectorBytes = 512;

/** Bytes of boot.img that are code; behind them stand the label's id and table. */
const bootCodeBytes = 440;

/** Bytes from a disk's start that the boot loader and the label may take. */
export interface BootParts {
  /** grub's boot.img, one sector; its code reads the core from sector 1. */
  readonly bootImage: Uint8Array;
  /** grub's core.img. */
  readonly coreImage: Uint8Array;
}

/**
 * The first part of a disk: master boot record with a DOS label and one active
 * Linux partition that fills the rest, then grub's core. `diskId` is the label's
 * 32-bit signature. Throws a RangeError when the core does not fit before the
 * partition, or the disk is past what a DOS label can say.
 */
export function bootArea(diskBytes: number, diskId: number, parts: BootParts): Buffer {
  if (parts.coreImage.length > partitionStartBytes - sectorBytes) {
    throw new RangeError(`grub's core has ${parts.coreImage.length} bytes, too many for 1 MiB`);
  }
  const first = partitionStartBytes / sectorBytes;
  const count = Math.floor(diskBytes / sectorBytes) - first;
  if (count < 1 || count > 0xff_ff_ff_ff) {
    throw new RangeError(`a disk of ${diskBytes} bytes does not fit a DOS label`);
  }
  const area = Buffer.alloc(sectorBytes + parts.coreImage.length);
  area.set(parts.bootImage.subarray(0, bootCodeBytes), 0);
  area.writeUInt32LE(diskId, bootCodeBytes);
  const entry = 446;
  area.writeUInt8(0x80, entry);
  // Cylinder, head and sector: nothing reads them; these values say "see the sector numbers".
  area.set([0xfe, 0xff, 0xff], entry + 1);
  area.writeUInt8(0x83, entry + 4);
  area.set([0xfe, 0xff, 0xff], entry + 5);
  area.writeUInt32LE(first, entry + 8);
  area.writeUInt32LE(count, entry + 12);
  area.writeUInt16LE(0xaa55, 510);
  area.set(parts.coreImage, sectorBytes);
  return area;
}
