// The memory of a guest that has nothing but the beginnings of a kernel, and a dump of it as
// QEMU 7.2 writes one: file header, section headers, program headers, notes, memory.

/** 4 MiB: the kernel's image from 2 MiB on, with its top page table in it. */
export const memoryBytes = 4 * 1024 * 1024;
/** Where the kernel has all memory. */
export const directMap = 0xffff888000000000n;
/** A text in memory, and where. */
export const written = { text: 'a task that died', physical: 0x300000n };

/** What it has mapped besides, in the order in which utopia lists it: a module, a kernel's stack of two pages, one page more. */
export const mappings = [
  { virtual: 0xffffffffc0001000n, physical: 0x320000n, bytes: 4096 },
  { virtual: 0xffffc90000000000n, physical: 0x300000n, bytes: 8192 },
  { virtual: 0xffffc90000003000n, physical: 0x310000n, bytes: 4096 },
];

const topTable = 0x201000;
const pages = 0x202000;
/** Tables of what it has mapped besides, each chain of three behind an entry of the top one. */
const moduleTables = 0x205000;
const stackTables = 0x208000;

/** What the kernel tells of itself (VMCOREINFO). */
export const coreInfo = [
  'OSRELEASE=6.1.0-stand-in',
  'PAGESIZE=4096',
  `SYMBOL(swapper_pg_dir)=${(0xffffffff80000000n + BigInt(topTable)).toString(16)}`,
  'SYMBOL(_stext)=ffffffff80200000',
  'NUMBER(phys_base)=0',
  'NUMBER(pgtable_l5_enabled)=0',
  'NUMBER(KERNEL_IMAGE_SIZE)=1073741824',
  '',
].join('\n');

/** Memory itself. With `notesInMemory` the kernel has its notes at the start of a page, as it does. */
export function guestMemory({ notesInMemory = true } = {}) {
  const memory = Buffer.alloc(memoryBytes);
  // The direct map is entry 273 of the top table: one page of 1 GiB.
  memory.writeBigUInt64LE(BigInt(pages) | 0x63n, topTable + 273 * 8);
  memory.writeBigUInt64LE(0xe3n, pages);
  for (const { virtual, physical, bytes } of mappings) {
    for (let at = 0n; at < BigInt(bytes); at += 4096n) {
      mapPage(memory, virtual + at, physical + at);
    }
  }
  memory.write(written.text, Number(written.physical));
  if (notesInMemory) coreInfoNote().copy(memory, 0x204000);
  return memory;
}

function mapPage(memory, virtual, physical) {
  const first = virtual >= 0xffffffff80000000n ? moduleTables : stackTables;
  const tables = [topTable, first, first + 4096, first + 8192];
  tables.forEach((table, level) => {
    const index = Number((virtual >> BigInt(39 - 9 * level)) & 0x1ffn);
    const next = level < 3 ? BigInt(tables[level + 1]) : physical;
    memory.writeBigUInt64LE(next | 0x63n, table + index * 8);
  });
}

export function coreInfoNote() {
  return note('VMCOREINFO', Buffer.from(coreInfo), 0);
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function note(name, holds, type) {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length + 1, 0);
  head.writeUInt32LE(holds.length, 4);
  head.writeUInt32LE(type, 8);
  return Buffer.concat([head, padded(Buffer.from(`${name}\0`)), padded(holds)]);
}

/** A dump of it. `withNotes`: the guest has told the vmcoreinfo device. */
export function coreDump({ withNotes = true, notesInMemory = true } = {}) {
  const notes = Buffer.concat([
    note('CORE', Buffer.alloc(336), 1),
    ...(withNotes ? [coreInfoNote()] : []),
  ]);
  const programsAt = 64 + 2 * 64;
  const notesAt = programsAt + 2 * 56;
  const memoryAt = notesAt + notes.length;
  const head = Buffer.alloc(notesAt);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeUInt16LE(4, 16);
  head.writeUInt16LE(62, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(programsAt), 32);
  head.writeBigUInt64LE(64n, 40);
  for (const [at, value] of [
    [52, 64],
    [54, 56],
    [56, 2],
    [58, 64],
    [60, 2],
    [62, 1],
  ])
    head.writeUInt16LE(value, at);
  program(head, programsAt, { type: 4, offset: notesAt, bytes: notes.length });
  program(head, programsAt + 56, { type: 1, offset: memoryAt, bytes: memoryBytes });
  const names = Buffer.from('\0.strtab\0');
  return Buffer.concat([head, notes, guestMemory({ notesInMemory }), names]);
}

function program(head, at, { type, offset, bytes }) {
  head.writeUInt32LE(type, at);
  head.writeBigUInt64LE(BigInt(offset), at + 8);
  head.writeBigUInt64LE(BigInt(bytes), at + 32);
  head.writeBigUInt64LE(BigInt(bytes), at + 40);
}
