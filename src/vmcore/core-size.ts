import type { FileHandle } from 'node:fs/promises';
import { fileHeaderBytes, programHeaderBytes } from './elf-core.ts';

/**
 * By how many bytes an ELF core is shorter than its program headers say; 0 for one that is whole, and
 * for what is no such file. Trusts no number in it.
 */
export async function missingCoreBytes(file: FileHandle): Promise<number> {
  const head = await read(file, 0, fileHeaderBytes);
  if (head.length < fileHeaderBytes || head.readUInt32BE(0) !== 0x7f454c46) return 0;
  const at = Number(head.readBigUInt64LE(32));
  const table = await read(file, at, head.readUInt16LE(56) * programHeaderBytes);
  let end = 0n;
  for (let each = 0; each + programHeaderBytes <= table.length; each += programHeaderBytes) {
    const last = table.readBigUInt64LE(each + 8) + table.readBigUInt64LE(each + 32);
    if (last > end) end = last;
  }
  const { size } = await file.stat();
  return Number(end) > size ? Number(end) - size : 0;
}

async function read(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  if (!Number.isSafeInteger(at)) return Buffer.alloc(0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
  return buffer.subarray(0, bytesRead);
}
