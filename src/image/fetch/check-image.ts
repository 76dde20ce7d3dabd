import type { FileHandle } from 'node:fs/promises';
import { UtopiaError } from '../../errors.ts';
import { endsAsVhd, recogniseKind, vhdFooterBytes } from '../file-kind.ts';
import { parseQcow2Header, qcow2HeaderBytes, whyCutOff, whyIncomplete } from '../qcow2-header.ts';
import { foreignDownload, whyForeign } from './intake.ts';

/**
 * Looks at a download that is whole and unpacked: whether a machine can start from
 * it, and in which format. Reads its first 64 KiB and its last 512 bytes. Throws
 * `image-unsuitable`.
 */
export async function checkDownload(handle: FileHandle): Promise<'raw' | 'qcow2'> {
  const { size } = await handle.stat();
  const start = await readAt(handle, 0, qcow2HeaderBytes);
  const kind = recogniseKind(start);
  const words = whyForeign(kind);
  if (words !== undefined) throw foreignDownload(kind, words);
  if (kind === 'gzip' || kind === 'xz') {
    throw foreignDownload(kind, `is packed twice (${kind} within what was unpacked)`);
  }
  if (kind !== 'qcow2') {
    const end = await readAt(handle, Math.max(0, size - vhdFooterBytes), vhdFooterBytes);
    if (endsAsVhd(end)) throw foreignDownload('vhd', whyForeign('vhd') ?? '');
    return 'raw';
  }
  const header = parseQcow2Header(start);
  const problem =
    typeof header === 'string'
      ? `is a damaged qcow2 file: ${header}`
      : (whyIncomplete(header) ??
        whyCutOff(header, size) ??
        (header.virtualBytes === 0 ? 'is a qcow2 file of a disk without a byte' : undefined));
  if (problem === undefined) return 'qcow2';
  throw new UtopiaError('image-unsuitable', `What the server sends ${problem}.`, {
    hint: 'Ask who offers it for an image that is complete in itself; qemu-img convert makes one.',
  });
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
