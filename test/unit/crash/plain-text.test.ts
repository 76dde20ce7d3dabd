import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readPlainText } from '../../../src/lifecycle/watch/plain-text.ts';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  bytes: Buffer,
  { size = 1, most }: { readonly size?: number; readonly most?: number } = {},
): Promise<string> {
  const options = { env: process.env, signal: new AbortController().signal };
  const given: Buffer[] = [];
  const source = pieces(bytes, size);
  const text = readPlainText(source, most === undefined ? options : { ...options, most });
  for await (const piece of text) given.push(piece);
  return Buffer.concat(given).toString();
}

test('however the bytes are cut', async () => {
  const text = '[    1.000000] Grüße\n'.repeat(60);
  for (const bytes of [
    Buffer.from(text),
    Buffer.from(text, 'utf16le'),
    Buffer.from(text, 'utf16le').swap16(),
    gzipSync(text),
    gzipSync(Buffer.from(text, 'utf16le')),
  ]) {
    for (const size of [1, 7, 100_000]) expect(await read(bytes, { size })).toBe(text);
  }
  expect(await read(Buffer.alloc(0))).toBe('');
  expect(await read(Buffer.from('BZ'))).toBe('BZ');
});

test('a bomb ends at the bound, and its memory is not taken', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  await expect(read(bomb, { size: 4096, most: 1_000_000 })).rejects.toThrow(
    'more than 1000000 bytes',
  );
});

test('damage: what came before it is read, nothing at all is an error', async () => {
  const packed = gzipSync('[    1.000000] text\n'.repeat(100_000), { level: 0 });
  packed.fill(0xff, 1_500_000);
  expect((await read(packed, { size: 65_536 })).length).toBeGreaterThan(1_000_000);
  await expect(read(Buffer.from([0x1f, 0x8b, 0xff, 0xff, 0, 0, 0, 0, 0, 0]))).rejects.toThrow(
    'cannot be unpacked',
  );
});
