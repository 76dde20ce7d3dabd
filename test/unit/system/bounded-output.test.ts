import { randomBytes } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import { array, assert, integer, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { keepOutput } from '../../../src/system/bounded-output.ts';
import { takeInto } from '../../../src/system/take-output.ts';

function keepAll(chunks: readonly Uint8Array[], limit: number) {
  const keeper = keepOutput(limit);
  for (const chunk of chunks) keeper.take(chunk);
  return keeper.kept();
}

test('what fits is kept as it is', () => {
  expect(keepAll([Buffer.from('γειά'), Buffer.from(' σου')], 100)).toEqual({
    text: 'γειά σου',
    bytes: 15,
    truncated: false,
  });
  expect(keepAll([], 1)).toEqual({ text: '', bytes: 0, truncated: false });
});

test('of more, start and end, whatever the pieces', () => {
  assert(
    property(
      array(uint8Array({ maxLength: 40 }), { maxLength: 20 }),
      integer({ min: 1, max: 64 }),
      (chunks, limit) => {
        const all = Buffer.concat(chunks.map((chunk) => chunk.map((byte) => byte & 0x7f)));
        const { text, bytes, truncated } = keepAll(
          chunks.map((chunk) => chunk.map((byte) => byte & 0x7f)),
          limit,
        );
        expect(bytes).toBe(all.length);
        expect(truncated).toBe(all.length > limit);
        const half = Math.ceil(limit / 2);
        const end = all.subarray(all.length - (limit - half)).toString();
        const missing = all.length - limit;
        expect(text).toBe(
          truncated
            ? `${all.subarray(0, half).toString()}\n[utopia left out ${missing} bytes here]\n${limit > half ? end : ''}`
            : all.toString(),
        );
      },
    ),
  );
});

test('a character is not cut in two', () => {
  for (const character of ['é', 'γ', '€', '😀']) {
    const bytes = Buffer.from(character.repeat(100));
    for (let limit = 1; limit < 40; limit += 1) {
      const { text, truncated } = keepAll([bytes], limit);
      expect(truncated).toBe(true);
      expect(text).not.toContain('�');
      expect(Number(/out (\d+) bytes/.exec(text)?.[1])).toBeLessThan(bytes.length + 1);
    }
  }
});

test('a stream that never ends takes no more memory than its bound', () => {
  const keeper = keepOutput(1 << 16);
  const chunk = randomBytes(32_768);
  for (let round = 0; round < 1_000; round += 1) keeper.take(chunk);
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 10_000; round += 1) keeper.take(chunk);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
  expect(keeper.kept().bytes).toBe(11_000 * 32_768);
});

test('a slow reader is waited for, without a listener left for each wait', async () => {
  const slow = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => void setImmediate(done),
  });
  const take = takeInto(slow);
  for (let round = 0; round < 50; round += 1) {
    await take(Buffer.alloc(10));
    expect(slow.listenerCount('close') + slow.listenerCount('error')).toBeLessThan(4);
  }
});

test('that nobody reads any more is told once, and nothing waits', async () => {
  let told = 0;
  const stream = new PassThrough();
  const take = takeInto(stream, () => (told += 1));
  stream.destroy();
  await take(Buffer.alloc(10));
  await take(Buffer.alloc(10));
  expect(told).toBe(1);
});
