import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { mostConfigBytes } from './config-text.ts';
import { openDeadline } from '../system/deadline.ts';

/** What looking for a config in a kernel came to. */
export type ConfigSearch =
  | { readonly kind: 'found'; readonly text: string }
  /** The kernel has no CONFIG_IKCONFIG built in. */
  | { readonly kind: 'none' }
  /** This host lacks the program that unpacks it. */
  | { readonly kind: 'program-missing'; readonly program: string }
  /** It cannot be unpacked: cut short, or packed in a way that is not known. */
  | { readonly kind: 'damaged'; readonly why: string };

interface Packing {
  /** First bytes of the payload. */
  readonly magic: string;
  readonly name: string;
  /** Unpacks stdin to stdout; undefined for what Node unpacks. */
  readonly argv?: readonly [string, ...string[]];
}

/** Ways in which arch/x86/boot/compressed packs a kernel. */
const packings: readonly Packing[] = [
  { magic: '1f8b', name: 'gzip' },
  { magic: 'fd377a585a00', name: 'xz', argv: ['xz', '-dc', '--single-stream', '--memlimit=1GiB'] },
  { magic: '28b52ffd', name: 'zstd', argv: ['zstd', '-dcq', '--memory=512MB'] },
  { magic: '5d0000', name: 'lzma', argv: ['xz', '-dc', '--format=lzma', '--memlimit=1GiB'] },
  { magic: '02214c18', name: 'lz4', argv: ['lz4', '-dc'] },
  { magic: '425a68', name: 'bzip2', argv: ['bzip2', '-dc'] },
  { magic: '894c5a4f', name: 'lzo', argv: ['lzop', '-dc'] },
];

/** kernel/configs.c of Linux: the packed .config stands between these. */
const startMark = Buffer.from('IKCFG_ST');
const endMark = Buffer.from('IKCFG_ED');
/** An unpacked kernel has 30 to 100 MB, with all debugging 500. */
const mostKernelBytes = 1024 ** 3;
const unpackTimeoutMs = 60_000;

/**
 * Takes the .config out of a kernel that was built with CONFIG_IKCONFIG: unpacks the `payload` of a
 * bzImage, piece by piece, until it is found.
 */
export async function readImageConfig(
  path: string,
  payload: { readonly offset: number; readonly bytes: number },
  signal: AbortSignal,
): Promise<ConfigSearch> {
  const start = payload.offset;
  const end = payload.offset + payload.bytes - 1;
  const head = await firstBytes(createReadStream(path, { start, end: start + 7 }));
  const packing = packings.find(({ magic }) => head.toString('hex').startsWith(magic));
  if (packing === undefined) {
    return {
      kind: 'damaged',
      why: `it is packed in a way that is not known (${head.toString('hex')})`,
    };
  }
  const deadline = openDeadline(unpackTimeoutMs, signal);
  const limit = deadline.signal;
  const packed = createReadStream(path, { start, end });
  try {
    const search = createConfigSearch();
    if (packing.argv === undefined) await searchStream(gunzip(packed), search, limit);
    else if ((await searchOutput(packing.argv, packed, search, limit)) === 'missing') {
      return { kind: 'program-missing', program: packing.argv[0] };
    }
    signal.throwIfAborted();
    if (search.bytes() === 0) return { kind: 'damaged', why: `it is no ${packing.name} inside` };
    return search.result();
  } finally {
    deadline.stop();
    packed.destroy();
  }
}

/** Takes the .config out of a file that is not packed: a vmlinux, or /proc/config.gz. */
export async function readPlainConfig(path: string, signal: AbortSignal): Promise<ConfigSearch> {
  const search = createConfigSearch();
  const head = await firstBytes(createReadStream(path, { end: 7 }));
  if (head.toString('hex').startsWith('1f8b')) {
    const text = await unpackText(path);
    return text === undefined
      ? { kind: 'damaged', why: 'it is no gzip inside' }
      : { kind: 'found', text };
  }
  await searchStream(createReadStream(path), search, signal);
  signal.throwIfAborted();
  return search.result();
}

async function unpackText(path: string): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of createReadStream(path, { end: mostConfigBytes })) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > mostConfigBytes) return undefined;
  }
  return unpack(Buffer.concat(chunks));
}

function unpack(packed: Buffer): string | undefined {
  try {
    return gunzipSync(packed, { maxOutputLength: mostConfigBytes }).toString();
  } catch {
    return undefined;
  }
}

interface Search {
  /** Takes a piece; true when no more is needed. */
  readonly take: (chunk: Buffer) => boolean;
  readonly bytes: () => number;
  readonly result: () => ConfigSearch;
}

/** Looks for the marks in pieces, with memory for one config and no more. */
export function createConfigSearch(): Search {
  let bytes = 0;
  let kept = Buffer.alloc(0);
  let started = false;
  let result: ConfigSearch = { kind: 'none' };
  const take = (chunk: Buffer): boolean => {
    bytes += chunk.length;
    let rest = Buffer.concat([kept, chunk]);
    for (;;) {
      const mark = started ? endMark : startMark;
      const at = rest.indexOf(mark);
      if (at < 0) {
        if (started && rest.length > mostConfigBytes) started = false;
        // A mark may be cut in two.
        const from = started ? 0 : Math.max(0, rest.length - mark.length + 1);
        kept = Buffer.from(rest.subarray(from));
        return bytes > mostKernelBytes;
      }
      if (started) {
        const text = unpack(rest.subarray(0, at));
        if (text !== undefined) result = { kind: 'found', text };
        if (text !== undefined) return true;
      }
      // The text of kernel/configs.c names the marks, too: what lies between is looked at again.
      rest = rest.subarray(started ? 0 : at + mark.length);
      started = !started;
    }
  };
  return { take, bytes: () => bytes, result: () => result };
}

function gunzip(packed: Readable): Readable {
  const unpacked = createGunzip();
  packed.on('error', (error) => unpacked.destroy(error));
  return packed.pipe(unpacked);
}

/** Ends with what is found, with the stream, or with its first error: behind a payload stand other bytes. */
async function searchStream(stream: Readable, search: Search, signal: AbortSignal): Promise<void> {
  try {
    for await (const chunk of stream) {
      if (search.take(chunk as Buffer) || signal.aborted) return;
    }
  } catch {
    // What was unpacked before is looked through.
  } finally {
    stream.destroy();
  }
}

async function searchOutput(
  [program, ...args]: readonly [string, ...string[]],
  packed: Readable,
  search: Search,
  signal: AbortSignal,
): Promise<'searched' | 'missing'> {
  const { execa } = await import('execa');
  const child = execa(program, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
    buffer: false,
    reject: false,
    cancelSignal: signal,
    env: { LC_ALL: 'C' },
  });
  // It may end before it has read all.
  child.stdin.on('error', () => {});
  packed.pipe(child.stdin);
  await searchStream(child.stdout, search, signal);
  child.kill();
  const { code } = await child;
  return code === 'ENOENT' ? 'missing' : 'searched';
}

async function firstBytes(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
