import { open } from 'node:fs/promises';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findRuns, openSparseWriter } from '../../../../src/image/fetch/sparse-file.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('what lies outside the runs is zero, whatever the chunk and its place', () => {
  const piece = fc.record({
    zeros: fc.boolean(),
    length: fc.integer({ min: 1, max: 9000 }),
  });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.nat(20_000), (pieces, position) => {
      const chunk = Buffer.concat(
        pieces.map(({ zeros, length }) => Buffer.alloc(length, zeros ? 0 : 7)),
      );
      const rebuilt = Buffer.alloc(chunk.length);
      for (const { start, end } of findRuns(chunk, position))
        chunk.copy(rebuilt, start, start, end);
      expect(rebuilt.equals(chunk)).toBe(true);
    }),
  );
});

test('whole blocks of zeros occupy nothing, also at the end', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sparse');
  const handle = await open(path, 'wx');
  const writer = openSparseWriter(handle);
  await writer.write(Buffer.from('start'));
  for (let round = 0; round < 8; round += 1) await writer.write(Buffer.alloc(1024 * 1024));
  await writer.finish();
  await handle.close();
  expect(statSync(path).size).toBe(8 * 1024 * 1024 + 5);
  expect(statSync(path).blocks * 512).toBeLessThan(64 * 1024);
  expect(readFileSync(path).toString('latin1', 0, 8)).toBe('start\0\0\0');
});
