import { holds, type CoreMemory, type KernelMapping } from './elf-core.ts';
import {
  isPage,
  isPresent,
  pageOf,
  readTable,
  shiftOf,
  signExtend,
  tableEntries,
  tableOf,
  type PageTables,
} from './page-tables.ts';

/**
 * So many pieces are listed, and so many tables read. An idle guest of Debian 13 has a few thousand
 * of each; an ELF file has room for 65,534 program headers (elf(5)).
 */
export const mostMappings = 32_768;
const mostTables = 32_768;

/** Addresses from `start` up to and without `end`. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * What the kernel's half of the page tables maps beside the ranges `without`: modules, kernel stacks,
 * whatever vmalloc gave out. Neighbours in both address spaces are one piece. The last entry of the
 * top table comes first, since it has the modules; pages that the dump has not (of devices) are left
 * out. All of it is the guest's word: a table is read once, so that tables which lead to each other
 * end, and the bounds above hold.
 */
export async function listMappings(
  tables: PageTables,
  memory: readonly CoreMemory[],
  without: readonly AddressRange[],
): Promise<readonly KernelMapping[]> {
  const walk: Walk = { tables, memory, without, seen: new Set([tables.top]), found: [] };
  const entries = (await readTable(tables.read, tables.top)) ?? [];
  const upperHalf = Array.from({ length: tableEntries / 2 - 1 }, (_none, index) => 256 + index);
  for (const index of [tableEntries - 1, ...upperHalf]) {
    const start = signExtend(BigInt(index) << shiftOf(tables.levels, 1), tables.levels);
    await enter(walk, entries[index] ?? 0n, { depth: 1, start });
  }
  return walk.found;
}

interface Walk {
  readonly tables: PageTables;
  readonly memory: readonly CoreMemory[];
  readonly without: readonly AddressRange[];
  /** Tables that were read, by their physical addresses. */
  readonly seen: Set<bigint>;
  readonly found: KernelMapping[];
}

interface Place {
  /** Of the table that the entry stands in. */
  readonly depth: number;
  /** The first address that it translates. */
  readonly start: bigint;
}

async function enter(walk: Walk, entry: bigint, { depth, start }: Place): Promise<void> {
  const { levels, read } = walk.tables;
  const shift = shiftOf(levels, depth);
  const end = start + (1n << shift);
  if (!isPresent(entry) || walk.found.length >= mostMappings) return;
  if (walk.without.some((range) => start >= range.start && end <= range.end)) return;
  if (isPage(entry, depth, levels)) {
    add(walk, { virtual: start, physical: pageOf(entry, shift), bytes: 1 << Number(shift) });
    return;
  }
  const table = tableOf(entry);
  if (walk.seen.has(table) || walk.seen.size >= mostTables) return;
  walk.seen.add(table);
  const entries = (await readTable(read, table)) ?? [];
  const step = 1n << shiftOf(levels, depth + 1);
  for (const [index, next] of entries.entries()) {
    if (!isPresent(next)) continue;
    await enter(walk, next, { depth: depth + 1, start: start + BigInt(index) * step });
  }
}

function add({ memory, without, found }: Walk, piece: KernelMapping): void {
  const end = piece.virtual + BigInt(piece.bytes);
  if (without.some((range) => piece.virtual < range.end && end > range.start)) return;
  if (!memory.some((each) => holds(each, piece))) return;
  const before = found.at(-1);
  const joined =
    before !== undefined &&
    before.virtual + BigInt(before.bytes) === piece.virtual &&
    before.physical + BigInt(before.bytes) === piece.physical
      ? { ...before, bytes: before.bytes + piece.bytes }
      : undefined;
  if (joined !== undefined && memory.some((each) => holds(each, joined))) {
    found[found.length - 1] = joined;
  } else {
    found.push(piece);
  }
}
