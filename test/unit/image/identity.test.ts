import {
  closeSync,
  copyFileSync,
  openSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareIdentities, identifyFile, samplePlaces } from '../../../src/image/identity.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const mebibyte = 1024 * 1024;

describe('samplePlaces', () => {
  test.each([0, 1, 511, 3 * mebibyte, 5 * mebibyte, 5 * mebibyte + 1, 8e9, 3e12])(
    'of %d bytes lie in order, inside, and sum up to 5 MiB at most',
    (bytes) => {
      let end = 0;
      let total = 0;
      for (const { offset, length } of samplePlaces(bytes)) {
        expect(offset).toBeGreaterThanOrEqual(end);
        end = offset + length;
        total += length;
      }
      expect(end).toBe(bytes);
      expect(total).toBe(Math.min(bytes, 5 * mebibyte));
    },
  );
});

function lay(path: string): void {
  writeFileSync(path, 'start');
  truncateSync(path, 64 * mebibyte);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

function poke(path: string, offset: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, 'X', offset);
  closeSync(file);
}

describe('identifyFile', () => {
  test('an untouched file is not read again', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'image');
    lay(path);
    const first = await identifyFile(path);
    expect(await identifyFile(path, first)).toBe(first);
    // A wrong hash would come out right if the file were read.
    const wrong = { ...first, sampleHash: 'wrong' };
    expect((await identifyFile(path, wrong)).sampleHash).toBe('wrong');
  });

  test('a change whose time was set back is found, since attributes changed too', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'image');
    lay(path);
    const then = await identifyFile(path);
    poke(path, mebibyte + 1080);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    expect(compareIdentities(then, await identifyFile(path, then))).toBe('changed');
  });

  test('a copy with its time is the same, without it another time', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'image');
    lay(path);
    const then = await identifyFile(path);
    const copy = join(folder.path, 'copy');
    copyFileSync(path, copy);
    expect(compareIdentities(then, await identifyFile(copy, then))).toBe('other-time');
    utimesSync(copy, 1_700_000_000, 1_700_000_000);
    expect(compareIdentities(then, await identifyFile(copy, then))).toBe('same');
  });

  test.each([
    ['its first byte', (path: string) => poke(path, 0)],
    ['its last byte', (path: string) => poke(path, 64 * mebibyte - 1)],
    ['a superblock at 1 MiB', (path: string) => poke(path, mebibyte + 1024)],
    ['its length', (path: string) => truncateSync(path, 63 * mebibyte)],
  ])('a change of %s is a change', async (_, change) => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'image');
    lay(path);
    const then = await identifyFile(path);
    change(path);
    expect(compareIdentities(then, await identifyFile(path, then))).toBe('changed');
  });

  test('a change between the samples shows in the time', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'image');
    lay(path);
    const then = await identifyFile(path);
    poke(path, 3 * mebibyte + 5);
    expect(compareIdentities(then, await identifyFile(path, then))).toBe('other-time');
  });
});
