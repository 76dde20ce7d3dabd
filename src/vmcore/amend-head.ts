import {
  coreInfoNote,
  mostCoreInfoBytes,
  nameTask,
  padded,
  type RunningTask,
} from './core-notes.ts';
import {
  fileHeaderBytes,
  holds,
  load,
  note,
  programHeaderBytes,
  type CoreHead,
  type KernelAddresses,
  type KernelMapping,
  type ProgramHeader,
} from './elf-core.ts';
import { mostMappings } from './kernel-mappings.ts';

const mostNoteBytes = mostCoreInfoBytes + 24;
const pageBytes = 4096;

/**
 * Where the memory begins behind an amended head: late enough for the program headers and the one
 * note that it may have more, and at a page's start, so that a file system can leave empty pages
 * out. What of them is known only when the memory is written is left out likewise. Pure.
 */
export function amendedHeadBytes({ programs, notes }: CoreHead): number {
  const noteBytes = notes.reduce((sum, { length }) => sum + padded(length), 0);
  const most =
    fileHeaderBytes +
    (programs.length + 1 + mostMappings) * programHeaderBytes +
    noteBytes +
    mostNoteBytes;
  return Math.ceil(most / pageBytes) * pageBytes;
}

/** What an amended head says more than the one that it was made of. */
export interface Amendment {
  /** The kernel's notes, where the head has none. */
  readonly coreInfo: string;
  readonly addresses: KernelAddresses | undefined;
  /** A task that is known to be on a processor. */
  readonly task?: RunningTask | undefined;
}

/**
 * The head anew, `amendedHeadBytes` long, with the addresses that the kernel itself uses: each
 * piece of memory where its direct map has it, then its image, then whatever else it has mapped.
 * Memory comes first: crash takes the first header with a physical address. Pure.
 */
export function amendHead(original: Buffer, head: CoreHead, amendment: Amendment): Buffer {
  const { addresses, coreInfo, task } = amendment;
  const out = Buffer.alloc(amendedHeadBytes(head));
  original.copy(out, 0, 0, fileHeaderBytes);
  out.writeBigUInt64LE(BigInt(fileHeaderBytes), 32);
  // The sections of QEMU's say nothing that the program headers do not.
  out.fill(0, 40, 48);
  out.fill(0, 58, 64);
  const programs = head.programs.filter(({ type }) => type === load);
  const notes = Buffer.concat([
    ...head.notes.map((each) => (task === undefined ? each : nameTask(each, task))),
    ...(head.coreInfo === '' && coreInfo !== '' ? [coreInfoNote(coreInfo)] : []),
  ]);
  const parts = addresses === undefined ? [] : [addresses.image, ...addresses.mappings];
  const count = 1 + programs.length + parts.length;
  const notesAt = fileHeaderBytes + count * programHeaderBytes;
  notes.copy(out, notesAt);
  out.writeUInt16LE(count, 56);
  const moved = out.length - head.bytes;
  const headers = [
    { ...plainHeader, type: note, offset: BigInt(notesAt), fileBytes: BigInt(notes.length) },
    ...programs.map((each) => ({
      ...each,
      offset: each.offset + BigInt(moved),
      virtual: addresses === undefined ? each.virtual : addresses.directMap + each.physical,
    })),
    ...parts.map((each) => partHeader(head, each, moved)),
  ];
  headers.forEach((each, index) =>
    writeProgram(out, fileHeaderBytes + index * programHeaderBytes, each),
  );
  return out;
}

const plainHeader: ProgramHeader = {
  type: 0,
  flags: 0,
  offset: 0n,
  virtual: 0n,
  physical: 0n,
  fileBytes: 0n,
  memoryBytes: 0n,
  align: 0n,
};

/** Another address of a part of the memory. */
function partHeader(head: CoreHead, part: KernelMapping, moved: number): ProgramHeader {
  const within = head.memory.find((each) => holds(each, part));
  if (within === undefined) throw new RangeError('it lies in no piece of memory');
  const { virtual, physical } = part;
  return {
    ...plainHeader,
    type: load,
    // Read, write, execute.
    flags: 7,
    offset: BigInt(within.offset + moved) + (physical - within.physical),
    ...{ virtual, physical },
    fileBytes: BigInt(part.bytes),
    memoryBytes: BigInt(part.bytes),
  };
}

function writeProgram(bytes: Buffer, at: number, header: ProgramHeader): void {
  bytes.writeUInt32LE(header.type, at);
  bytes.writeUInt32LE(header.flags, at + 4);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, header.offset), at + 8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, header.virtual), at + 16);
  bytes.writeBigUInt64LE(header.physical, at + 24);
  bytes.writeBigUInt64LE(header.fileBytes, at + 32);
  bytes.writeBigUInt64LE(header.memoryBytes, at + 40);
  bytes.writeBigUInt64LE(header.align, at + 48);
}
