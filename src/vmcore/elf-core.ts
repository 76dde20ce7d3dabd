import { findCoreInfo } from './core-notes.ts';

/**
 * The head of a dump as QEMU writes it (`dump-guest-memory`, ELF): the file's header, program
 * headers, notes; everything behind them is memory. All of it is the guest's to say: QEMU takes a
 * note of the guest's in as it is.
 */
export interface CoreHead {
  /** Of the head, up to the first byte of memory. */
  readonly bytes: number;
  readonly programs: readonly ProgramHeader[];
  /** Guest memory, in the order of the file. */
  readonly memory: readonly CoreMemory[];
  /** Of the processors, and the guest's own. */
  readonly notes: readonly Buffer[];
  /** The kernel's notes on its memory (VMCOREINFO); empty where the guest has left none. */
  readonly coreInfo: string;
}

/** A piece of guest memory in the file. */
export interface CoreMemory {
  readonly physical: bigint;
  readonly offset: number;
  readonly bytes: number;
}

export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly fileBytes: bigint;
  readonly memoryBytes: bigint;
  readonly align: bigint;
}

/** What a debugger calls the memory: without it, it would have to find the page tables by themselves. */
export interface KernelAddresses {
  /** The kernel's window on all memory: virtual address of physical address 0. */
  readonly directMap: bigint;
  /** The kernel's image, a part of one piece of memory. */
  readonly image: KernelMapping;
  /** What else its page tables map of the dump's memory, in the order that they were found. */
  readonly mappings: readonly KernelMapping[];
}

/** A piece of guest memory, and where the kernel has it. */
export interface KernelMapping {
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly bytes: number;
}

/** Sizes of ELF64's header and of one program header (elf(5)). */
export const fileHeaderBytes = 64;
export const programHeaderBytes = 56;
export const load = 1;
export const note = 4;
const machineX8664 = 62;
/** QEMU writes one for each piece of memory: a handful. */
const mostPrograms = 256;
/** QEMU takes notes of at most 1 MiB from a guest, beside a kilobyte of each processor. */
export const mostHeadBytes = 4 * 1024 * 1024;

/** What the first bytes of a dump come to: its head, more of them first, or no dump that is understood. */
export type HeadReading =
  | { readonly kind: 'head'; readonly head: CoreHead }
  | { readonly kind: 'more'; readonly bytes: number }
  | { readonly kind: 'foreign'; readonly why: string };

/** Reads the head of a dump. Pure; trusts no number in it. */
export function readCoreHead(start: Buffer): HeadReading {
  if (start.length < fileHeaderBytes) return { kind: 'more', bytes: fileHeaderBytes };
  const isElf64 = start.readUInt32BE(0) === 0x7f454c46 && start[4] === 2 && start[5] === 1;
  if (!isElf64) return foreign('it is no ELF file of 64 bits');
  if (start.readUInt16LE(16) !== 4) return foreign('it is an ELF file, and no core');
  if (start.readUInt16LE(18) !== machineX8664) return foreign('it is of another architecture');
  const programsAt = start.readBigUInt64LE(32);
  const count = start.readUInt16LE(56);
  if (count === 0 || count > mostPrograms) return foreign(`it has ${count} program headers`);
  // QEMU puts its section headers before them.
  if (programsAt > 4096n || start.readUInt16LE(54) !== programHeaderBytes) {
    return foreign('its program headers are not where QEMU puts them');
  }
  const programsEnd = Number(programsAt) + count * programHeaderBytes;
  if (start.length < programsEnd) return { kind: 'more', bytes: programsEnd };
  const programs = Array.from({ length: count }, (_none, index) =>
    readProgram(start, Number(programsAt) + index * programHeaderBytes),
  );
  const memory = programs.flatMap((each) => memoryOf(each));
  const loads = programs.filter(({ type }) => type === load);
  if (memory.length === 0 || memory.length !== loads.length) {
    return foreign('its memory is nowhere that a file could have it');
  }
  const bytes = Math.min(...memory.map(({ offset }) => offset));
  if (bytes < programsEnd || bytes > mostHeadBytes) return foreign(`its head has ${bytes} bytes`);
  if (start.length < bytes) return { kind: 'more', bytes };
  const notes = programs.flatMap((each) => notesOf(each, start.subarray(0, bytes)));
  if (notes.reduce((sum, { length }) => sum + length, 0) > mostHeadBytes) {
    return foreign('its notes are longer than the file');
  }
  const coreInfo = notes.map(findCoreInfo).find((text) => text !== '') ?? '';
  return { kind: 'head', head: { bytes, programs, memory, notes, coreInfo } };
}

function foreign(why: string): HeadReading {
  return { kind: 'foreign', why };
}

function readProgram(bytes: Buffer, at: number): ProgramHeader {
  return {
    type: bytes.readUInt32LE(at),
    flags: bytes.readUInt32LE(at + 4),
    offset: bytes.readBigUInt64LE(at + 8),
    virtual: bytes.readBigUInt64LE(at + 16),
    physical: bytes.readBigUInt64LE(at + 24),
    fileBytes: bytes.readBigUInt64LE(at + 32),
    memoryBytes: bytes.readBigUInt64LE(at + 40),
    align: bytes.readBigUInt64LE(at + 48),
  };
}

/** 52 bits are what a processor addresses; a number of JavaScript's holds them. */
const addressEnd = 1n << 52n;

function memoryOf({ type, offset, physical, fileBytes }: ProgramHeader): CoreMemory[] {
  if (type !== load) return [];
  const fits = offset + fileBytes <= addressEnd && physical + fileBytes <= addressEnd;
  return fits ? [{ physical, offset: Number(offset), bytes: Number(fileBytes) }] : [];
}

function notesOf({ type, offset, fileBytes }: ProgramHeader, head: Buffer): Buffer[] {
  if (type !== note || offset + fileBytes > BigInt(head.length)) return [];
  return [head.subarray(Number(offset), Number(offset + fileBytes))];
}

/** A part of guest memory lies wholly in a piece of the file. */
export function holds(
  piece: CoreMemory,
  part: { readonly physical: bigint; readonly bytes: number },
): boolean {
  const end = piece.physical + BigInt(piece.bytes);
  return part.physical >= piece.physical && part.physical + BigInt(part.bytes) <= end;
}
