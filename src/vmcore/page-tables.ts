/** Reads guest memory at a physical address; undefined where the dump has none. */
export type ReadPhysical = (address: bigint, bytes: number) => Promise<Buffer | undefined>;

/** Page tables of x86-64 (Intel SDM, volume 3, 4.5). */
export interface PageTables {
  /** Physical address of the top table. */
  readonly top: bigint;
  /** 4, or 5 where addresses have 57 bits. */
  readonly levels: number;
  readonly read: ReadPhysical;
}

/** Entries of one table, of eight bytes each. */
export const tableEntries = 512;
const present = 1n;
const isLeaf = 1n << 7n;
const physicalBits = ((1n << 52n) - 1n) & ~0xfffn;

/** The entries of the table at a physical address; undefined where the dump has none of it. */
export async function readTable(
  read: ReadPhysical,
  address: bigint,
): Promise<readonly bigint[] | undefined> {
  const bytes = await read(address, tableEntries * 8);
  if (bytes === undefined) return undefined;
  return Array.from({ length: tableEntries }, (_none, index) => bytes.readBigUInt64LE(index * 8));
}

/** How many bits of an address lie below those that index a table of this depth, the top one being 1. */
export function shiftOf(levels: number, depth: number): bigint {
  return BigInt(12 + 9 * (levels - depth));
}

/** The address of 64 bits whose uppermost ones repeat the last that the tables translate. */
export function signExtend(address: bigint, levels: number): bigint {
  return BigInt.asUintN(64, BigInt.asIntN(12 + 9 * levels, address));
}

export function isPresent(entry: bigint): boolean {
  return (entry & present) !== 0n;
}

/** An entry leads to a page, and to no further table: in the last one, or to a huge page in the two before. */
export function isPage(entry: bigint, depth: number, levels: number): boolean {
  return depth >= levels || (depth >= levels - 2 && (entry & isLeaf) !== 0n);
}

/** Physical address of the page that an entry leads to. */
export function pageOf(entry: bigint, shift: bigint): bigint {
  return entry & physicalBits & ~((1n << shift) - 1n);
}

/** Physical address of the table that an entry leads to. */
export function tableOf(entry: bigint): bigint {
  return entry & physicalBits;
}

/** The physical address of a virtual one, by the page tables; undefined where they have none. */
export async function translate(
  { top, levels, read }: PageTables,
  virtual: bigint,
): Promise<bigint | undefined> {
  let table = top;
  for (let depth = 1; depth <= levels; depth += 1) {
    const shift = shiftOf(levels, depth);
    const index = (virtual >> shift) & 0x1ffn;
    const bytes = await read(table + index * 8n, 8);
    const entry = bytes?.readBigUInt64LE(0) ?? 0n;
    if (!isPresent(entry)) return undefined;
    if (isPage(entry, depth, levels)) {
      return pageOf(entry, shift) | (virtual & ((1n << shift) - 1n));
    }
    table = tableOf(entry);
  }
  return undefined;
}
