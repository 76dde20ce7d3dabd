import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readElf } from '../../../src/crash/elf.ts';
import type { Random } from './random.ts';
import { target } from './target.ts';

/** What stands in the tables of an object that is made here. */
export interface ElfPlan {
  /** Names of its functions. */
  readonly functions: readonly string[];
  /** Bytes of the object's file; the rest is empty. */
  readonly bytes?: number;
}

const sections = ['', '.text', '.symtab', '.strtab', '.note.gnu.build-id', '.debug_line'] as const;
const symtab = 2;
const strtab = 3;

/** A small relocatable object with the sections that are looked for, as a linker would write it. */
export function makeElf({ functions, bytes = 0 }: ElfPlan): Buffer {
  const names = Buffer.from(`\0${[...sections, ...functions].join('\0')}\0`, 'latin1');
  const nameAt = (name: string): number => names.indexOf(`\0${name}\0`, 0, 'latin1') + 1;
  const symbols = Buffer.alloc(24 * (functions.length + 1));
  for (const [index, name] of functions.entries()) {
    const at = 24 * (index + 1);
    symbols.writeUInt32LE(nameAt(name), at);
    symbols.writeUInt8(2, at + 4);
    symbols.writeUInt16LE(1, at + 6);
    symbols.writeBigUInt64LE(BigInt(0x40 * index), at + 8);
    symbols.writeBigUInt64LE(0x40n, at + 16);
  }
  const note = Buffer.alloc(36, 0xab);
  note.writeUInt32LE(4, 0);
  note.writeUInt32LE(20, 4);
  note.writeUInt32LE(3, 8);
  note.write('GNU\0', 12, 'latin1');
  const bodies = [Buffer.alloc(0), Buffer.alloc(64), symbols, names, note, Buffer.alloc(16)];
  const types = [0, 1, 2, 3, 7, 1];
  let at = 64;
  const table = Buffer.alloc(64 * sections.length);
  for (const [index, body] of bodies.entries()) {
    const entry = table.subarray(64 * index);
    entry.writeUInt32LE(nameAt(sections[index] ?? ''), 0);
    entry.writeUInt32LE(types[index] ?? 0, 4);
    entry.writeBigUInt64LE(BigInt(at), 24);
    entry.writeBigUInt64LE(BigInt(body.length), 32);
    entry.writeUInt32LE(index === symtab ? strtab : 0, 40);
    at += body.length;
  }
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  header.writeUInt16LE(1, 16);
  header.writeBigUInt64LE(BigInt(at), 40);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(sections.length, 60);
  header.writeUInt16LE(strtab, 62);
  const whole = Buffer.concat([header, ...bodies, table]);
  return Buffer.concat([whole, Buffer.alloc(Math.max(0, bytes - whole.length))]);
}

/** Numbers that have led readers astray. */
const lies = [
  0n,
  1n,
  0x7fn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  2n ** 53n,
  2n ** 64n - 1n,
];

function generate(random: Random): Uint8Array {
  const count = random.int(random.oneIn(50) ? 400 : 6);
  const name = (): string =>
    random.pick(['f', 'read', 'x'.repeat(random.int(random.oneIn(20) ? 2000 : 20)), '\xff']);
  const file = makeElf({ functions: Array.from({ length: count }, name) });
  for (let change = random.int(6); change > 0; change -= 1) {
    // Most often in the header or in the table of sections, which is at the end.
    const near = random.pick([file.length, 64, 6 * 64]);
    const place = random.oneIn(2) ? random.int(near) : file.length - 1 - random.int(near);
    const at = Math.max(0, Math.min(place, file.length - 8)) & (random.oneIn(3) ? ~0 : ~7);
    if (random.oneIn(3)) random.bytes(4).copy(file, at);
    else if (random.oneIn(2)) file.writeBigUInt64LE(random.pick(lies), at);
    else file.writeUInt32LE(Number(BigInt.asUintN(32, random.pick(lies))), at);
  }
  return random.oneIn(6) ? file.subarray(0, random.int(file.length)) : file;
}

/** The reader of objects with debug information: a share may hold anything under a module's name. */
export const elfTarget = target({
  id: 'elf',
  generate,
  run: async (bytes: Uint8Array, folder) => {
    const file = join(folder, 'x.ko');
    writeFileSync(file, bytes);
    const object = await readElf(file);
    for (const name of ['f', 'read', '']) object?.functions(name);
  },
});
