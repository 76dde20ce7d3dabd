import type { CoreMemory, KernelAddresses } from './elf-core.ts';
import { listMappings } from './kernel-mappings.ts';
import {
  isPage,
  isPresent,
  pageOf,
  readTable,
  shiftOf,
  signExtend,
  tableEntries,
  tableOf,
  translate,
  type PageTables,
  type ReadPhysical,
} from './page-tables.ts';

/** Where x86-64 maps the kernel's image (Documentation/x86/x86_64/mm.rst): __START_KERNEL_map. */
const imageMap = 0xffff_ffff_8000_0000n;
/** Without address randomisation (KERNEL_IMAGE_SIZE). */
const shortestImageMap = 1n << 29n;
const hugePage = 1n << 21n;
/** Pages of the direct map begin at a multiple of it, also where the kernel moves them (PUD_SIZE). */
const directMapUnit = 1n << 30n;

/**
 * Finds where the kernel has the memory of a dump, by its own notes (VMCOREINFO) and its page
 * tables. Undefined where they do not say, or not the same: all of it is the guest's word, and
 * whatever it says, a bounded number of pages is read.
 */
export async function findKernelAddresses(
  coreInfo: string,
  memory: readonly CoreMemory[],
  read: ReadPhysical,
): Promise<KernelAddresses | undefined> {
  const notes = readNotes(coreInfo);
  const physicalBase = notes.number('phys_base');
  const text = notes.symbol('_stext');
  const table = notes.symbol('swapper_pg_dir') ?? notes.symbol('init_top_pgt');
  if (physicalBase === undefined || text === undefined || table === undefined) return undefined;
  if (text < imageMap || table < imageMap) return undefined;
  const toPhysical = (virtual: bigint): bigint => virtual - imageMap + physicalBase;
  const virtual = text & ~(hugePage - 1n);
  const physical = toPhysical(virtual);
  const within = memory.find(
    (each) => physical >= each.physical && physical < each.physical + BigInt(each.bytes),
  );
  if (within === undefined) return undefined;
  const room = within.physical + BigInt(within.bytes) - physical;
  // Behind it lie the modules, whose pages are anywhere.
  const mapEnd = imageMap + (notes.number('KERNEL_IMAGE_SIZE') ?? shortestImageMap);
  const longest = mapEnd - virtual;
  if (longest <= 0n) return undefined;
  const bytes = Number(room < longest ? room : longest);
  const levels = notes.number('pgtable_l5_enabled') === 1n ? 5 : 4;
  const tables = { top: toPhysical(table), levels, read };
  const directMap = await findDirectMap(tables);
  if (directMap === undefined) return undefined;
  const lasts = memory.map((each) => each.physical + BigInt(each.bytes));
  const physicalEnd = lasts.reduce((most, each) => (each > most ? each : most), 0n);
  const mappings = await listMappings(tables, memory, [
    { start: directMap, end: directMap + physicalEnd },
    { start: imageMap, end: virtual + BigInt(bytes) },
  ]);
  return { directMap, image: { virtual, physical, bytes }, mappings };
}

/** `SYMBOL(name)=hexadecimal`, `NUMBER(name)=decimal`; also `KERNELOFFSET=…`, which nobody needs here. */
function readNotes(text: string): {
  readonly symbol: (name: string) => bigint | undefined;
  readonly number: (name: string) => bigint | undefined;
} {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key = '', value = ''] =
      /^((?:SYMBOL|NUMBER)\(\w+\))=(-?[\da-f]{1,20})$/.exec(line) ?? [];
    if (key !== '') values.set(key, value);
  }
  return {
    symbol: (name) => {
      const value = values.get(`SYMBOL(${name})`) ?? '';
      return /^[\da-f]{1,16}$/.test(value) ? BigInt(`0x${value}`) : undefined;
    },
    number: (name) => {
      const value = values.get(`NUMBER(${name})`) ?? '';
      return /^-?\d+$/.test(value) ? BigInt(value) : undefined;
    },
  };
}

/**
 * The direct map has physical address 0 at its base, so that the first page of an entry of the top
 * table tells what the base would be; where it is right, the top table itself is found again by it.
 */
async function findDirectMap(tables: PageTables): Promise<bigint | undefined> {
  const { top, levels, read } = tables;
  const table = await readTable(read, top);
  if (table === undefined) return undefined;
  for (let index = tableEntries / 2; index < tableEntries; index += 1) {
    const entry = table[index] ?? 0n;
    if (!isPresent(entry)) continue;
    const start = signExtend(BigInt(index) << shiftOf(levels, 1), levels);
    // The image's own map is at the end of the last entry.
    if (start >= imageMap) break;
    const first = await firstPage(tables, entry, 1, start);
    if (first === undefined) continue;
    const base = BigInt.asUintN(64, first.virtual - first.physical);
    if (base % directMapUnit !== 0n) continue;
    if ((await translate(tables, BigInt.asUintN(64, base + top))) === top) return base;
  }
  return undefined;
}

interface Mapped {
  readonly virtual: bigint;
  readonly physical: bigint;
}

/** The first page that is mapped by an entry, which stands in a table of this depth, or below it. */
async function firstPage(
  tables: PageTables,
  entry: bigint,
  depth: number,
  virtual: bigint,
): Promise<Mapped | undefined> {
  if (isPage(entry, depth, tables.levels)) {
    return { virtual, physical: pageOf(entry, shiftOf(tables.levels, depth)) };
  }
  const table = await readTable(tables.read, tableOf(entry));
  const index = table?.findIndex(isPresent) ?? -1;
  const next = table?.[index];
  if (next === undefined) return undefined;
  const at = virtual + (BigInt(index) << shiftOf(tables.levels, depth + 1));
  return await firstPage(tables, next, depth + 1, at);
}
