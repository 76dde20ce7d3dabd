import type { FileHandle } from 'node:fs/promises';
import { openRegularFile } from '../system/regular-file.ts';

/** A function in an object file. */
export interface ElfFunction {
  readonly name: string;
  /** Section it is in, by name. */
  readonly section: string;
  /** As the file has it: an address in vmlinux, an offset into the section in a .ko. */
  readonly value: number;
  readonly size: number;
  /** Bytes to the next symbol of its section, as kallsyms measures a function; undefined for the last one. */
  readonly distance: number | undefined;
}

/** What is needed of an object file to find a line in it. */
export interface ElfObject {
  readonly path: string;
  /** A .ko: values are offsets into sections. */
  readonly relocatable: boolean;
  /** Hexadecimal digits of the GNU build id. */
  readonly buildId: string | undefined;
  readonly hasLines: boolean;
  /** The functions of a name; a few names are there twice. */
  functions(name: string): readonly ElfFunction[];
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

// Numbers of elf(5).
const relocatableType = 1;
const symbolTable = 2;
const note = 7;
const functionType = 2;
const symbolBytes = 24;
const buildIdNote = 3;
const firstReservedSection = 0xff00;
const sectionBytes = 64;

// A share may hold any file under a module's name, so what one claims is compared with these.
/** Largest table of symbols or strings that is read: a distribution's vmlinux has 6 and 10 MB. */
const mostTableBytes = 32 * 1024 * 1024;
/** A note's name and build id take 36 bytes. */
const mostNoteBytes = 4096;
/** The kernel's KSYM_NAME_LEN; section names are shorter still. */
const longestName = 512;
/** Functions of one name that are kept: static ones in many files of a kernel are some tens. */
const mostOfOneName = 256;

/**
 * Reads sections, symbols and build id of a 64-bit little-endian ELF file: a few
 * megabytes of a vmlinux of hundreds, in milliseconds. Undefined for other files.
 */
export async function readElf(path: string): Promise<ElfObject | undefined> {
  const file = await openRegularFile(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    return await readObject(path, { file, size });
  } catch {
    // Cut short, or still being written by the linker.
    return undefined;
  } finally {
    await file.close();
  }
}

/** An open file and its size: nothing beyond it is read, or room made for. */
interface Source {
  readonly file: FileHandle;
  readonly size: number;
}

async function readObject(path: string, file: Source): Promise<ElfObject | undefined> {
  const header = await readBytes(file, 0, 64);
  if (header.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined;
  const sections = await readSections(file, header);
  const table = sections.find(({ type }) => type === symbolTable);
  const names = table === undefined ? undefined : sections[table.link];
  const functions =
    table === undefined || names === undefined
      ? new Map<string, ElfFunction[]>()
      : readFunctions(
          await readBytes(file, table.offset, table.size),
          await readBytes(file, names.offset, names.size),
          sections,
        );
  const id = sections.find(({ name, type }) => type === note && name === '.note.gnu.build-id');
  return {
    path,
    relocatable: header.readUInt16LE(16) === relocatableType,
    buildId:
      id === undefined
        ? undefined
        : readBuildId(await readBytes(file, id.offset, id.size, mostNoteBytes)),
    hasLines: sections.some(({ name }) => /^\.z?debug_line$/.test(name)),
    functions: (name) => functions.get(name) ?? [],
  };
}

async function readSections(file: Source, header: Buffer): Promise<readonly Section[]> {
  const start = Number(header.readBigUInt64LE(40));
  const entryBytes = header.readUInt16LE(58);
  const count = header.readUInt16LE(60);
  if (entryBytes !== sectionBytes) throw new Error('sections have another size');
  const table = await readBytes(file, start, entryBytes * count);
  const raw = Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * entryBytes);
    return {
      nameAt: entry.readUInt32LE(0),
      type: entry.readUInt32LE(4),
      offset: Number(entry.readBigUInt64LE(24)),
      size: Number(entry.readBigUInt64LE(32)),
      link: entry.readUInt32LE(40),
    };
  });
  const strings = raw[header.readUInt16LE(62)];
  const names =
    strings === undefined ? Buffer.alloc(0) : await readBytes(file, strings.offset, strings.size);
  return raw.map(({ nameAt, ...section }) => ({ ...section, name: stringAt(names, nameAt) }));
}

function readFunctions(
  table: Buffer,
  names: Buffer,
  sections: readonly Section[],
): Map<string, ElfFunction[]> {
  const starts = new Map<number, number[]>();
  const found: { at: number; section: number; value: number; size: number }[] = [];
  for (let at = 0; at + symbolBytes <= table.length; at += symbolBytes) {
    const section = table.readUInt16LE(at + 6);
    const nameAt = table.readUInt32LE(at);
    if (section === 0 || section >= firstReservedSection || nameAt === 0) continue;
    const type = table.readUInt8(at + 4) & 15;
    // Sections and files are symbols too (types 3 and 4).
    if (type > functionType) continue;
    const value = Number(table.readBigUInt64LE(at + 8));
    const inSection = starts.get(section) ?? [];
    inSection.push(value);
    starts.set(section, inSection);
    if (type === functionType) {
      found.push({ at: nameAt, section, value, size: Number(table.readBigUInt64LE(at + 16)) });
    }
  }
  for (const values of starts.values()) values.sort((a, b) => a - b);
  const functions = new Map<string, ElfFunction[]>();
  for (const { at, section, value, size } of found) {
    const name = stringAt(names, at);
    const next = firstAbove(starts.get(section) ?? [], value);
    const distance = next === undefined ? undefined : next - value;
    const list = functions.get(name) ?? [];
    if (list.length >= mostOfOneName) continue;
    list.push({ name, section: sections[section]?.name ?? '', value, size, distance });
    functions.set(name, list);
  }
  return functions;
}

/** The smallest of the sorted numbers that is larger. */
function firstAbove(sorted: readonly number[], value: number): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return sorted[low];
}

function readBuildId(bytes: Buffer): string | undefined {
  const nameBytes = bytes.readUInt32LE(0);
  const idBytes = bytes.readUInt32LE(4);
  if (bytes.readUInt32LE(8) !== buildIdNote) return undefined;
  if (nameBytes > bytes.length || idBytes > bytes.length) return undefined;
  const start = 12 + ((nameBytes + 3) & ~3);
  return bytes.toString('hex', start, start + idBytes);
}

function stringAt(bytes: Buffer, start: number): string {
  const longest = bytes.subarray(start, start + longestName);
  const end = longest.indexOf(0);
  return longest.toString('latin1', 0, end < 0 ? longest.length : end);
}

async function readBytes(
  { file, size }: Source,
  position: number,
  length: number,
  most = mostTableBytes,
): Promise<Buffer> {
  if (length > most || position + length > size) throw new Error('the file ends too soon');
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error('the file ends too soon');
  return buffer;
}
