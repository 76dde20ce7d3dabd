import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UtopiaError } from '../../errors.ts';

/** How an image is packed. */
export type Packing = 'gzip' | 'xz' | 'bzip2';

/** Packed bytes go in, unpacked ones go to where it was opened for. */
export interface Unpacker {
  /** Takes the next packed bytes; waits while the unpacked ones are being written. */
  write(chunk: Buffer): Promise<void>;
  /** There is no more: resolves when the last unpacked byte was written. Throws `PackedDataError`. */
  finish(): Promise<void>;
  /** Stops at once; nothing is left running. */
  abort(): void;
}

/** The packed bytes are cut off or damaged. */
export class PackedDataError extends Error {
  override readonly name = 'PackedDataError';
}

/**
 * Starts to unpack: gzip (several members too) by zlib, the others by
 * the programs xz and bzip2, which Node has no counterpart of. `deliver` gets the unpacked bytes one after
 * the other. Throws `program-missing`.
 */
export async function openUnpacker(
  packing: Packing,
  deliver: (chunk: Buffer) => Promise<void>,
): Promise<Unpacker> {
  const { input, output, ended, stop } =
    packing === 'gzip' ? openGzip() : await openProgram(packing);
  const delivered = (async () => {
    for await (const chunk of readPacked(output)) await deliver(chunk);
    await ended;
  })();
  // Whoever writes or finishes sees the failure; until then it must not count as unhandled.
  delivered.catch(() => {});
  return {
    write: async (chunk) => {
      if (input.write(chunk)) return;
      const waiting = new AbortController();
      // A failed unpacker never drains; what failed is told by the other promise.
      const drained = once(input, 'drain', { signal: waiting.signal }).catch(() => delivered);
      drained.catch(() => {});
      try {
        await Promise.race([drained, delivered]);
      } finally {
        waiting.abort();
      }
    },
    finish: async () => {
      input.end();
      await delivered;
    },
    abort: stop,
  };
}

interface Opened {
  readonly input: Writable;
  readonly output: Readable;
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

/** zlib's complaints are about the data; its codes start with Z_. */
async function* readPacked(output: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw new PackedDataError((error as Error).message, { cause: error });
  }
}

function openGzip(): Opened {
  const gunzip = createGunzip({ chunkSize: 1024 * 1024 });
  return {
    input: gunzip,
    output: gunzip,
    ended: Promise.resolve(),
    stop: () => void gunzip.destroy(),
  };
}

/** Packages that have the programs: Debian's, and everybody else's. */
const packages = {
  xz: 'xz-utils (on Fedora and others: xz)',
  bzip2: 'bzip2',
} as const;

async function openProgram(name: keyof typeof packages): Promise<Opened> {
  const child = spawn(name, ['--decompress', '--stdout'], { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new UtopiaError(
      'program-missing',
      `The program ${name} is missing, which unpacks ${name === 'xz' ? '.xz' : '.bz2'} files.`,
      {
        hint: `Install the package ${packages[name]}.`,
        cause: error,
      },
    );
  }
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  // What it does not read any more is told by its exit status.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new PackedDataError(words.trim() || `${name} ended with status ${code}`);
    return undefined;
  });
  ended.catch(() => {});
  return {
    input: child.stdin,
    output: child.stdout,
    ended,
    stop: () => void child.kill('SIGKILL'),
  };
}
