import { describe, expect, test } from 'vitest';
import { amendedHeadBytes, amendHead } from '../../../src/vmcore/amend-head.ts';
import { findCoreInfo } from '../../../src/vmcore/core-notes.ts';
import { readCoreHead, type CoreHead, type CoreMemory } from '../../../src/vmcore/elf-core.ts';
import { findKernelAddresses } from '../../../src/vmcore/kernel-addresses.ts';
import { mostMappings } from '../../../src/vmcore/kernel-mappings.ts';
import type { ReadPhysical } from '../../../src/vmcore/page-tables.ts';
import {
  coreDump,
  coreInfo,
  coreInfoNote,
  directMap,
  guestMemory,
  mappings,
  memoryBytes,
} from '../../support/stand-in-qemu/memory.mjs';

const programsAt = 192;

function headOf(dump: Buffer): CoreHead {
  const reading = readCoreHead(dump);
  if (reading.kind !== 'head') throw new Error(JSON.stringify(reading));
  return reading.head;
}

const image = { virtual: 0xffffffff80200000n, physical: 0x200000n, bytes: 0x200000 };

describe('the head of a dump', () => {
  test('is read from as many bytes as it asks for', () => {
    const dump = coreDump();
    let given = 0;
    for (;;) {
      const reading = readCoreHead(dump.subarray(0, given));
      if (reading.kind !== 'more') {
        expect(reading).toMatchObject({
          kind: 'head',
          head: { bytes: given, coreInfo, memory: [{ physical: 0n, bytes: memoryBytes }] },
        });
        break;
      }
      expect(reading.bytes).toBeGreaterThan(given);
      given = reading.bytes;
    }
  });

  test('is amended: memory where the kernel has it, and its image once more', () => {
    const dump = coreDump();
    const head = headOf(dump);
    const addresses = { directMap, image, mappings };
    const amended = amendHead(dump, head, { coreInfo: '', addresses });
    expect(amended.length).toBe(amendedHeadBytes(head));
    expect(amended.length % 4096).toBe(0);
    const whole = Buffer.concat([amended, dump.subarray(head.bytes)]);
    expect(whole.readBigUInt64LE(40)).toBe(0n);
    const again = headOf(whole);
    expect(again.coreInfo).toBe(coreInfo);
    expect(again.programs.map(({ type, virtual, physical }) => [type, virtual, physical])).toEqual([
      [4, 0n, 0n],
      [1, directMap, 0n],
      [1, image.virtual, image.physical],
      ...mappings.map(({ virtual, physical }) => [1, virtual, physical]),
    ]);
    const [all, kernel, ...rest] = again.memory;
    expect(kernel?.offset).toBe((all?.offset ?? 0) + 0x200000);
    expect(rest.map(({ offset }) => offset - (all?.offset ?? 0))).toEqual(
      mappings.map(({ physical }) => Number(physical)),
    );
    const memory = whole.subarray(all?.offset, (all?.offset ?? 0) + memoryBytes);
    expect(memory.equals(guestMemory())).toBe(true);
  });

  test('gets the notes that the guest has not told, and none twice', () => {
    const dump = coreDump({ withNotes: false });
    const head = headOf(dump);
    expect(head.coreInfo).toBe('');
    const amended = amendHead(dump, head, { coreInfo, addresses: undefined });
    const again = headOf(Buffer.concat([amended, dump.subarray(head.bytes)]));
    expect(again.coreInfo).toBe(coreInfo);
    expect(again.memory).toMatchObject([{ physical: 0n, bytes: memoryBytes }]);
    const told = coreDump();
    const both = amendHead(told, headOf(told), { coreInfo: 'X', addresses: undefined });
    expect(both.indexOf('VMCOREINFO')).toBe(both.lastIndexOf('VMCOREINFO'));
  });
});

/** A dump of which one number is another. */
function withNumber(at: number, bytes: 2 | 4 | 8, value: bigint): Buffer {
  const dump = coreDump();
  if (bytes === 8) dump.writeBigUInt64LE(value, at);
  else dump.writeUIntLE(Number(value), at, bytes);
  return dump;
}

const most = 2n ** 64n - 1n;

test.each([
  ['no ELF file', withNumber(0, 4, 0n)],
  ['32 bits', withNumber(4, 2, 0x0101n)],
  ['an executable', withNumber(16, 2, 2n)],
  ['another processor', withNumber(18, 2, 183n)],
  ['program headers far away', withNumber(32, 8, most)],
  ['no program header', withNumber(56, 2, 0n)],
  ['thousands of them', withNumber(56, 2, 65_535n)],
  ['memory that begins in the headers', withNumber(programsAt + 56 + 8, 8, 8n)],
  ['memory that begins far behind them', withNumber(programsAt + 56 + 8, 8, 1n << 40n)],
  ['memory behind all addresses', withNumber(programsAt + 56 + 24, 8, most)],
  ['more memory than addresses', withNumber(programsAt + 56 + 32, 8, most)],
])('%s is no dump of ours', (_what, dump) => {
  expect(readCoreHead(dump).kind).toBe('foreign');
});

test.each([
  ['notes longer than the head', withNumber(programsAt + 32, 8, most)],
  ['a note longer than its notes', withNumber(programsAt + 112 + 4, 4, 0xffff_ffffn)],
  ['a name longer than its notes', withNumber(programsAt + 112, 4, 0xffff_ffffn)],
])('%s: there are none', (_what, dump) => {
  expect(headOf(dump).coreInfo).toBe('');
});

test('a note of the kernel is taken up to a bound', () => {
  const long = Buffer.concat([coreInfoNote(), Buffer.alloc(2 ** 20, 'x')]);
  long.writeUInt32LE(2 ** 20, 4);
  expect(findCoreInfo(long).length).toBe(64 * 1024);
});

function without(name: string): string {
  return coreInfo
    .split('\n')
    .filter((line) => !line.includes(name))
    .join('\n');
}

test('the registers of a processor are those of the task that is known to be on it', () => {
  const dump = coreDump();
  const head = headOf(dump);
  const pidIn = (bytes: Buffer): number | undefined =>
    readCoreHead(bytes).kind === 'head'
      ? headOf(bytes).notes[0]?.readInt32LE(12 + 8 + 32)
      : undefined;
  const amended = (cpu: number): Buffer => {
    const task = { cpu, pid: 181 };
    const start = amendHead(dump, head, { coreInfo: '', addresses: undefined, task });
    return Buffer.concat([start, dump.subarray(head.bytes)]);
  };
  expect(pidIn(amended(0))).toBe(181);
  expect(pidIn(amended(5))).toBe(pidIn(dump));
});

describe('the kernel’s addresses', () => {
  const whole: readonly CoreMemory[] = [{ physical: 0n, offset: 0, bytes: memoryBytes }];

  function find(info: string, change: (memory: Buffer) => void = () => {}) {
    const memory = guestMemory();
    change(memory);
    let reads = 0;
    const read: ReadPhysical = async (address, bytes) => {
      reads += 1;
      expect(reads).toBeLessThan(10_000);
      const at = Number(address);
      return at + bytes <= memory.length ? memory.subarray(at, at + bytes) : undefined;
    };
    return findKernelAddresses(info, whole, read);
  }

  test('are found by its notes and its page tables', async () => {
    expect(await find(coreInfo)).toEqual({ directMap, image, mappings });
  });

  test('are found with what is mapped by huge pages, and without what the dump has not', async () => {
    const found = await find(coreInfo, (memory) => {
      // Of the stacks' tables the second: 2 MiB at 2 MiB, the same behind it, and a device's.
      memory.writeBigUInt64LE(0x2000e3n, 0x209000 + 8);
      memory.writeBigUInt64LE(0x2000e3n, 0x209000 + 16);
      memory.writeBigUInt64LE(0xfe0000e3n, 0x209000 + 24);
    });
    expect(found?.mappings.slice(mappings.length)).toEqual([
      { virtual: 0xffffc90000200000n, physical: 0x200000n, bytes: 0x200000 },
      { virtual: 0xffffc90000400000n, physical: 0x200000n, bytes: 0x200000 },
    ]);
  });

  test('are bounded, also where tables lead to each other and map a page again and again', async () => {
    const found = await find(coreInfo, (memory) => {
      const [third, last] = [0x209000, 0x20a000];
      memory.fill(0, last, last + 4096);
      for (let index = 0; index < 512; index += 1) {
        // Every other page, so that none is another's neighbour.
        if (index % 2 === 0) memory.writeBigUInt64LE(0x300063n, last + index * 8);
        memory.writeBigUInt64LE(BigInt(index % 2 === 0 ? last : third) | 0x63n, third + index * 8);
      }
    });
    expect(found?.mappings.length).toBe(1 + 256);
    const tables = await find(coreInfo, (memory) => {
      // As many tables as memory has room for, from 0x200000 on back to its beginning.
      for (let index = 0; index < 512; index += 1) {
        memory.writeBigUInt64LE(BigInt(index * 4096) | 0x63n, 0x209000 + index * 8);
        for (let each = 0; each < 512; each += 2) {
          memory.writeBigUInt64LE(0x300063n, index * 4096 + each * 8);
        }
      }
    });
    expect(tables?.mappings.length).toBe(mostMappings);
  });

  test('are found where it has moved its memory', async () => {
    const moved = await find(coreInfo, (memory) => {
      memory.writeBigUInt64LE(0n, 0x201000 + 273 * 8);
      memory.writeBigUInt64LE(0x202063n, 0x201000 + 300 * 8);
      memory.writeBigUInt64LE(0n, 0x202000);
      memory.writeBigUInt64LE(0xe3n, 0x202000 + 7 * 8);
    });
    const base = BigInt.asUintN(64, BigInt.asIntN(48, 300n << 39n)) + (7n << 30n);
    expect(moved?.directMap).toBe(base);
  });

  test.each([
    ['nothing', ''],
    ['no base', without('phys_base')],
    ['no start', without('_stext')],
    ['no table', without('swapper_pg_dir')],
    ['a base outside memory', coreInfo.replace('phys_base)=0', 'phys_base)=99999999999')],
    ['a negative base', coreInfo.replace('phys_base)=0', 'phys_base)=-99999999999')],
    ['a start in user space', coreInfo.replace('_stext)=ffffffff80200000', '_stext)=400000')],
    ['a start behind the image', coreInfo.replace('ffffffff80200000', 'ffffffffffe00000')],
  ])('are not guessed where the notes say %s', async (_what, info) => {
    expect(await find(info)).toBeUndefined();
  });

  test.each<[string, (memory: Buffer) => void]>([
    ['are empty', (memory) => memory.fill(0, 0x201000, 0x203000)],
    [
      'lead to themselves',
      (memory) => {
        for (let at = 0x201000; at < 0x203000; at += 8) memory.writeBigUInt64LE(0x201063n, at);
      },
    ],
    [
      'lead out of memory',
      (memory) => {
        for (let at = 0x201000; at < 0x202000; at += 8) memory.writeBigUInt64LE(0xfffff000063n, at);
      },
    ],
    ['lead elsewhere', (memory) => memory.writeBigUInt64LE(0x400000e3n, 0x202000)],
  ])('are not guessed where the tables %s', async (_what, change) => {
    expect(await find(coreInfo, change)).toBeUndefined();
  });
});
