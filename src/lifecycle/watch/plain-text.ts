import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { UtopiaError } from '../../errors.ts';

/** How a log may be packed: by its first bytes, and the program that unpacks it from its stdin. */
interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  readonly command: readonly [string, ...(readonly string[])];
  readonly debianPackage: string;
}

/** gzip is node's own; of the others, the host's programs, with what memory they may take. */
const packings: readonly Packing[] = [
  {
    name: 'xz',
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    command: ['xz', '-dcq', '--memlimit-decompress=256MiB'],
    debianPackage: 'xz-utils',
  },
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    command: ['zstd', '-dcq', '--memory=256MB'],
    debianPackage: 'zstd',
  },
  {
    name: 'bzip2',
    magic: [0x42, 0x5a, 0x68],
    command: ['bzip2', '-dcq'],
    debianPackage: 'bzip2',
  },
  {
    name: 'lz4',
    magic: [0x04, 0x22, 0x4d, 0x18],
    command: ['lz4', '-dcq'],
    debianPackage: 'lz4',
  },
];

const gzipMagic = [0x1f, 0x8b];

/** Most that a packed log is unpacked to, in bytes: a console log of that size takes ten seconds. */
export const mostUnpackedBytes = 1024 ** 3;

/** First bytes that are looked at: enough to see UTF-16 without a byte order mark. */
const headBytes = 512;

/** What unpacking needs of its surroundings. */
export interface UnpackOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** At most so many bytes come out of a packed log. */
  readonly most?: number;
}

/**
 * The text of a log as UTF-8 (or any other superset of ASCII), piece by piece, however it was
 * saved: plain, packed with gzip, xz, zstd, bzip2 or lz4, in UTF-16 of either order. A log cut
 * off in the middle is read up to there. Throws `log-missing` for what cannot be unpacked.
 */
export async function* readPlainText(
  source: AsyncIterable<Buffer>,
  options: UnpackOptions,
): AsyncGenerator<Buffer> {
  const { head, all } = await peek(source);
  const packing = packings.find(({ magic }) => startsWith(head, magic));
  if (packing === undefined && !startsWith(head, gzipMagic)) {
    yield* decode(all, head);
    return;
  }
  const name = packing?.name ?? 'gzip';
  const unpacked = packing === undefined ? gunzip(all, options) : unpackWith(packing, all, options);
  const inner = await peek(bounded(unpacked, name, options.most ?? mostUnpackedBytes));
  yield* decode(inner.all, inner.head);
}

/** The first bytes of a stream, and the whole of it. */
async function peek(
  source: AsyncIterable<Buffer>,
): Promise<{ readonly head: Buffer; readonly all: AsyncGenerator<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < headBytes) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      for (;;) {
        const { done, value } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head, all: whole() };
}

function startsWith(bytes: Buffer, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte);
}

/** UTF-16 has a byte order mark, or a NUL beside nearly every character of a log. */
function utf16Of(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (startsWith(head, [0xff, 0xfe])) return 'utf-16le';
  if (startsWith(head, [0xfe, 0xff])) return 'utf-16be';
  const pairs = Math.floor(head.length / 2);
  if (pairs < 8) return undefined;
  const nuls = [0, 0];
  for (let index = 0; index < pairs * 2; index += 1) {
    if (head[index] === 0) nuls[index % 2] = (nuls[index % 2] ?? 0) + 1;
  }
  const [first = 0, second = 0] = nuls;
  if (second > pairs * 0.8 && first < pairs * 0.1) return 'utf-16le';
  if (first > pairs * 0.8 && second < pairs * 0.1) return 'utf-16be';
  return undefined;
}

async function* decode(source: AsyncIterable<Buffer>, head: Buffer): AsyncGenerator<Buffer> {
  const encoding = utf16Of(head);
  if (encoding === undefined) {
    let skip = startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0;
    for await (const piece of source) {
      yield skip === 0 ? piece : piece.subarray(skip);
      skip = 0;
    }
    return;
  }
  const decoder = new TextDecoder(encoding);
  for await (const piece of source) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* bounded(
  source: AsyncIterable<Buffer>,
  name: string,
  most: number,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > most) {
      throw new UtopiaError(
        'log-missing',
        `The log unpacks to more than ${most} bytes (${name}).`,
        {
          hint: 'Unpack it yourself, and read the part with the crash: utopia oops FILE',
        },
      );
    }
    yield piece;
  }
}

async function* gunzip(
  source: AsyncIterable<Buffer>,
  { signal }: UnpackOptions,
): AsyncGenerator<Buffer> {
  // A log that is still being written, or was cut off, ends without gzip's trailer.
  const unpacker = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  const packed = Readable.from(source, { objectMode: false, signal });
  packed.on('error', (error) => unpacker.destroy(error));
  packed.pipe(unpacker);
  let given = false;
  try {
    for await (const piece of unpacker) {
      given = true;
      yield piece as Buffer;
    }
  } catch (error) {
    signal.throwIfAborted();
    // What came before the damage is text all the same.
    if (!given) throw damaged('gzip', error);
  } finally {
    packed.destroy();
    unpacker.destroy();
  }
}

async function* unpackWith(
  { name, command: [program, ...words], debianPackage }: Packing,
  source: AsyncIterable<Buffer>,
  { env, signal }: UnpackOptions,
): AsyncGenerator<Buffer> {
  const child = spawn(program, words, { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
  const failed = new Promise<Error | undefined>((resolve) => {
    child.on('error', resolve);
    child.on('close', () => resolve(undefined));
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  const packed = Readable.from(source, { objectMode: false });
  // A program that has ended takes nothing more; whether it failed, its output tells.
  child.stdin.on('error', () => packed.destroy());
  packed.on('error', stop);
  packed.pipe(child.stdin);
  let given = false;
  try {
    for await (const piece of child.stdout) {
      given = true;
      yield piece as Buffer;
    }
    signal.throwIfAborted();
    const error = await failed;
    if (error !== undefined) {
      throw new UtopiaError(
        'log-missing',
        `The log is packed with ${name}, and ${program} is not here.`,
        {
          hint: `sudo apt install ${debianPackage}`,
          cause: error,
        },
      );
    }
    if (!given) throw damaged(name, undefined);
  } finally {
    signal.removeEventListener('abort', stop);
    packed.destroy();
    stop();
  }
}

function damaged(name: string, cause: unknown): UtopiaError {
  return new UtopiaError('log-missing', `The log is packed with ${name}, and cannot be unpacked.`, {
    hint: 'Copy it again from where it was made; file NAME tells what it is.',
    cause,
  });
}
