import type { FileHandle } from 'node:fs/promises';
import { UtopiaError } from '../../errors.ts';
import type { DumpFormat } from '../../qmp/dump-memory.ts';
import { amendedHeadBytes, amendHead, type Amendment } from '../../vmcore/amend-head.ts';
import {
  coreInfoMark,
  coreInfoMarkAt,
  findCoreInfo,
  mostCoreInfoBytes,
  type RunningTask,
} from '../../vmcore/core-notes.ts';
import { readCoreHead, type CoreHead } from '../../vmcore/elf-core.ts';
import { findKernelAddresses } from '../../vmcore/kernel-addresses.ts';

/** What was written. */
export interface ReceivedDump {
  readonly bytes: number;
  /** The kernel has left notes on its memory in it; undefined for a format in which nobody looks. */
  readonly hasCoreInfo: boolean | undefined;
  /** Memory has the kernel's own addresses, which drgn 0.0.22 looks for; undefined likewise. */
  readonly hasAddresses: boolean | undefined;
}

const pageBytes = 4096;
const emptyPage = Buffer.alloc(pageBytes);

/**
 * Writes what QEMU sends of a guest's memory into an empty file, without its empty pages, and in
 * front of it a head with the addresses that the kernel uses. The file is whole when this comes
 * back. Throws `qemu-failed` where the dump ends too soon, and what the system says.
 */
export async function receiveDump(
  source: AsyncIterable<Buffer>,
  file: FileHandle,
  format: DumpFormat,
  onBytes: (bytes: number) => void,
  task?: RunningTask,
): Promise<ReceivedDump> {
  let start = Buffer.alloc(0);
  let core: CoreHead | undefined;
  // A packed dump is written as it comes; its head is makedumpfile's.
  let looking = format === 'elf';
  let at = 0;
  let received = 0;
  const marks = lookForMarks();
  const write = async (piece: Buffer): Promise<void> => {
    marks.look(piece, at);
    await writeWithHoles(file, piece, at);
    at += piece.length;
  };
  for await (const piece of source) {
    received += piece.length;
    onBytes(received);
    if (!looking) {
      await write(piece);
      continue;
    }
    start = Buffer.concat([start, piece]);
    const reading = readCoreHead(start);
    if (reading.kind === 'more') continue;
    looking = false;
    if (reading.kind === 'head') {
      core = reading.head;
      at = amendedHeadBytes(core);
    }
    await write(start.subarray(core?.bytes ?? 0));
  }
  if (received === 0 || looking || (core !== undefined && received < endOf(core))) {
    throw new UtopiaError('qemu-failed', 'QEMU ended the dump before its end.', {
      hint: 'utopia logs --qemu may say more.',
    });
  }
  if (core === undefined) {
    await file.truncate(at);
    const unknown = format === 'elf' ? false : undefined;
    return { bytes: at, hasCoreInfo: unknown, hasAddresses: unknown };
  }
  const moved = amendedHeadBytes(core) - core.bytes;
  // What QEMU writes behind memory belongs to section headers that go.
  const bytes = endOf(core) + moved;
  await file.truncate(bytes);
  const amendment = await findAmendment(file, { core, moved, marks: marks.found });
  const head = amendHead(start.subarray(0, core.bytes), core, { ...amendment, task });
  await writeWithHoles(file, head, 0);
  return {
    bytes,
    hasCoreInfo: core.coreInfo !== '' || amendment.coreInfo !== '',
    hasAddresses: amendment.addresses !== undefined,
  };
}

/** An ELF dump that is written, but for its head. */
interface WrittenCore {
  readonly core: CoreHead;
  /** By how much memory is later in the file than in QEMU's. */
  readonly moved: number;
  /** Places in the file at which the kernel's notes may begin. */
  readonly marks: readonly number[];
}

/**
 * The kernel's notes are what the guest has told the vmcoreinfo device. One that has not (it wants
 * the module qemu_fw_cfg), or a machine without the device, has them in memory all the same: the
 * kernel keeps them ready for its own crash dumps, at the start of a page.
 */
async function findAmendment(
  file: FileHandle,
  { core, moved, marks }: WrittenCore,
): Promise<Amendment> {
  const read = async (address: bigint, bytes: number): Promise<Buffer | undefined> => {
    const place = core.memory.find(
      (each) =>
        address >= each.physical && address + BigInt(bytes) <= each.physical + BigInt(each.bytes),
    );
    if (place === undefined) return undefined;
    const position = place.offset + moved + Number(address - place.physical);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
    return bytesRead === bytes ? buffer : undefined;
  };
  const told = await findKernelAddresses(core.coreInfo, core.memory, read);
  if (told !== undefined || core.coreInfo !== '') return { coreInfo: '', addresses: told };
  for (const position of marks) {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(mostCoreInfoBytes),
      ...([0, mostCoreInfoBytes, position] as const),
    );
    const coreInfo = findCoreInfo(buffer.subarray(0, bytesRead));
    const addresses = await findKernelAddresses(coreInfo, core.memory, read);
    // Others may lie about: of a kernel before this one, or in a file that the guest has read.
    if (addresses !== undefined) return { coreInfo, addresses };
  }
  return { coreInfo: '', addresses: undefined };
}

function endOf({ memory }: CoreHead): number {
  return Math.max(...memory.map(({ offset, bytes }) => offset + bytes));
}

/** Leaves pages of zeros out: much of a guest's memory has never been written to. */
async function writeWithHoles(file: FileHandle, piece: Buffer, position: number): Promise<void> {
  for (let from = 0; from < piece.length;) {
    const isEmpty = isEmptyPage(piece, position, from);
    let to = pageEnd(piece, position, from);
    while (to < piece.length && isEmptyPage(piece, position, to) === isEmpty) {
      to = pageEnd(piece, position, to);
    }
    if (!isEmpty) await writeAll(file, piece.subarray(from, to), position + from);
    from = to;
  }
}

/** write(2) may take less, and says nothing of a disk that is full then. */
async function writeAll(file: FileHandle, piece: Buffer, position: number): Promise<void> {
  for (let done = 0; done < piece.length;) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done, position + done);
    done += bytesWritten;
  }
}

function isEmptyPage(piece: Buffer, position: number, from: number): boolean {
  const to = pageEnd(piece, position, from);
  return piece.compare(emptyPage, 0, to - from, from, to) === 0;
}

/** Where the page of the file ends that this place of a piece is in. */
function pageEnd(piece: Buffer, position: number, from: number): number {
  return Math.min(piece.length, from + pageBytes - ((position + from) % pageBytes));
}

/** A guest may have the mark anywhere, and often. */
const mostMarks = 64;

/** Looks in pieces that follow each other for pages that begin like the kernel's notes. */
function lookForMarks(): {
  readonly found: readonly number[];
  readonly look: (piece: Buffer, position: number) => void;
} {
  const found: number[] = [];
  let tail = Buffer.alloc(0);
  return {
    found,
    look: (piece, position) => {
      const both = Buffer.concat([tail, piece.subarray(0, coreInfoMark.length)]);
      const places = [
        ...marksIn(both, position - tail.length, tail.length),
        ...marksIn(piece, position, piece.length),
      ];
      for (const place of places) if (found.length < mostMarks) found.push(place);
      tail = Buffer.from(piece.subarray(-(coreInfoMark.length - 1)));
    },
  };
}

function* marksIn(bytes: Buffer, position: number, before: number): Generator<number> {
  for (let at = bytes.indexOf(coreInfoMark); at >= 0 && at < before;) {
    const start = position + at - coreInfoMarkAt;
    if (start % pageBytes === 0) yield start;
    at = bytes.indexOf(coreInfoMark, at + 1);
  }
}
