import {
  coreInfoNote,
  mostCoreInfoBytes,
  nameTask,
  padded,
  type RunningTask,
} from './core-notes.ts';
import {
  fileHeaderBytes,
  load,
  note,
  programHeaderBytes,
  type CoreHead,
  type CoreMemory,
  type KernelAddresses,
  type ProgramHeader,
} from './elf-core.ts';

const mostNoteBytes = mostCoreInfoBytes + 24;
const pageBytes = 4096;

/**
 * Where the memory begins behind an amended head: late enough for one program header and one note
 * more, and at a page's start, so that a file system can leave empty pages out. Pure.
 */
export function amendedHeadBytes({ programs, notes }: CoreHead): number {
  const noteBytes = notes.reduce((sum, { length }) => sum + padded(length), 0);
  const most =
    fileHeaderBytes + (programs.length + 1) * programHeaderBytes + noteBytes + mostNoteBytes;
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
 * piece of memory where its direct map has it, and one header more for its image. Where they are
 * not known, the header more is an empty one. Pure.
 */
export function amendHead(original: Buffer, head: CoreHead, amendment: Amendment): Buffer {
  const { addresses, coreInfo, task } = amendment;
  const out = Buffer.alloc(amendedHeadBytes(head));
  original.copy(out, 0, 0, fileHeaderBytes);
  out.writeBigUInt64LE(BigInt(fileHeaderBytes), 32);
  out.writeUInt16LE(head.programs.length + 1, 56);
  // The sections of QEMU's say nothing that the program headers do not.
  out.fill(0, 40, 48);
  out.fill(0, 58, 64);
  const programs = head.programs.filter(({ type }) => type === load);
  const notes = Buffer.concat([
    ...head.notes.map((each) => (task === undefined ? each : nameTask(each, task))),
    ...(head.coreInfo === '' && coreInfo !== '' ? [coreInfoNote(coreInfo)] : []),
  ]);
  const notesAt = fileHeaderBytes + (head.programs.length + 1) * programHeaderBytes;
  notes.copy(out, notesAt);
  const moved = out.length - head.bytes;
  const headers = [
    { ...plainHeader, type: note, offset: BigInt(notesAt), fileBytes: BigInt(notes.length) },
    ...programs.map((each) => ({
      ...each,
      offset: each.offset + BigInt(moved),
      virtual: addresses === undefined ? each.virtual : addresses.directMap + each.physical,
    })),
    ...(addresses === undefined ? [] : [imageHeader(head, addresses, moved)]),
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

function imageHeader(head: CoreHead, { image }: KernelAddresses, moved: number): ProgramHeader {
  const within = head.memory.find((each) => holds(each, image));
  if (within === undefined) throw new RangeError('the image lies in no piece of memory');
  const { virtual, physical } = image;
  return {
    ...plainHeader,
    type: load,
    // Read, write, execute.
    flags: 7,
    offset: BigInt(within.offset + moved) + (physical - within.physical),
    ...{ virtual, physical },
    fileBytes: BigInt(image.bytes),
    memoryBytes: BigInt(image.bytes),
  };
}

function holds(
  piece: CoreMemory,
  part: { readonly physical: bigint; readonly bytes: number },
): boolean {
  const end = piece.physical + BigInt(piece.bytes);
  return part.physical >= piece.physical && part.physical + BigInt(part.bytes) <= end;
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
