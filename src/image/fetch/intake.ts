import { createHash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { draftPath } from '../../system/atomic-file.ts';
import { UtopiaError } from '../../errors.ts';
import { foreignDisk, kindBytes, recogniseKind, type FileKind } from '../file-kind.ts';
import type { DownloadPart } from './part.ts';
import { openSparseWriter, type SparseWriter } from './sparse-file.ts';
import { openUnpacker, type Unpacker } from './unpacker.ts';

/**
 * What becomes of the bytes of one download: they are hashed, kept as the part,
 * and unpacked on the way. Used once: a download that starts over takes a new one.
 */
export interface Intake {
  /** Bytes taken so far. */
  readonly position: number;
  /** Takes bytes that are in the part already. */
  replay(chunk: Buffer): Promise<void>;
  /** Takes bytes from the network. */
  receive(chunk: Buffer): Promise<void>;
  /** All bytes are there: finishes the unpacked file. */
  finish(): Promise<IntakeResult>;
  /** Stops unpacking, removes the unfinished file, and cuts the part to what is surely there. */
  abandon(): Promise<void>;
}

export interface IntakeResult {
  /** SHA-256 of the bytes as downloaded, hexadecimal. */
  readonly sha256: string;
  /** The image under its hidden name: the unpacked draft, or the part itself. */
  readonly file: string;
  readonly handle: FileHandle;
  readonly packing: 'gzip' | 'xz' | undefined;
}

/** Starts with nothing, to end with an image that shall be called `output`. */
export function openIntake(part: DownloadPart, output: string): Intake {
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let kind: FileKind | undefined;
  let position = 0;
  let partWriter: SparseWriter | undefined;
  let draft: { readonly path: string; readonly handle: FileHandle } | undefined;
  let imageWriter: SparseWriter | undefined;
  let unpacker: Unpacker | undefined;

  /** Opens what the kind needs, once enough bytes are there to tell it. */
  async function settle(): Promise<void> {
    kind = recogniseKind(head);
    refuseForeign(kind);
    if (kind !== 'gzip' && kind !== 'xz') return;
    const path = draftPath(output);
    draft = { path, handle: await open(path, 'wx+', 0o600) };
    const writer = openSparseWriter(draft.handle);
    imageWriter = writer;
    unpacker = await openUnpacker(kind, (chunk) => writer.write(chunk));
    await unpacker.write(head);
  }

  async function take(chunk: Buffer): Promise<void> {
    hash.update(chunk);
    position += chunk.length;
    if (kind !== undefined) {
      await unpacker?.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length >= kindBytes) await settle();
  }

  return {
    get position() {
      return position;
    },
    replay: take,
    receive: async (chunk) => {
      partWriter ??= openSparseWriter(part.handle, position);
      await partWriter.write(chunk);
      await take(chunk);
    },
    finish: async () => {
      if (kind === undefined) await settle();
      await partWriter?.finish();
      const sha256 = hash.digest('hex');
      if (draft === undefined || (kind !== 'gzip' && kind !== 'xz')) {
        return { sha256, file: part.path, handle: part.handle, packing: undefined };
      }
      await unpacker?.finish();
      await imageWriter?.finish();
      return { sha256, file: draft.path, handle: draft.handle, packing: kind };
    },
    abandon: async () => {
      unpacker?.abort();
      // Zeros at its end are not written yet: the length says how far the download came.
      await partWriter?.finish().catch(() => {});
      await draft?.handle.close();
      if (draft !== undefined) await rm(draft.path, { force: true });
    },
  };
}

/** What a download is that is no image, as the rest of a sentence about it; undefined for what may be one. */
export function whyForeign(kind: FileKind): string | undefined {
  const disk = foreignDisk(kind);
  if (disk !== undefined) return `is ${disk}, which utopia does not start from`;
  return foreignWords[kind];
}

const foreignWords: Partial<Record<FileKind, string>> = {
  empty: 'is empty',
  html: 'is a web page, not an image',
  json: 'is the answer of a web service, not an image',
  zstd: 'is packed with zstd, which utopia does not unpack',
  bzip2: 'is packed with bzip2, which utopia does not unpack',
  zip: 'is a zip archive, which utopia does not unpack',
  lz4: 'is packed with lz4, which utopia does not unpack',
  '7z': 'is a 7z archive, which utopia does not unpack',
  tar: 'is a tar archive, which utopia does not unpack',
  iso: 'is an ISO image of a disc, not a disk',
};

/** The error for it, with what helps. */
export function foreignDownload(kind: FileKind, words: string): UtopiaError {
  const page = kind === 'empty' || kind === 'html' || kind === 'json';
  const hint = page
    ? 'Open the address in a browser: a login or a moved file is the usual reason.'
    : foreignDisk(kind) !== undefined
      ? 'Fetch it with curl, then: qemu-img convert -O qcow2 FILE NEW.qcow2'
      : 'Fetch it with curl, unpack it, and name the disk in it in QCOW2_BACKING_FILE.';
  return new UtopiaError('image-unsuitable', `What the server sends ${words}.`, { hint });
}

/** Throws `image-unsuitable` for a download that is no image, before all of it has come. */
function refuseForeign(kind: FileKind): void {
  const words = whyForeign(kind);
  if (words !== undefined) throw foreignDownload(kind, words);
}
