import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTimedLines } from '../../../src/guest/timed-lines.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const begunAt = new Date('2026-11-23T12:00:00Z');
const writtenAt = new Date('2026-11-23T12:00:10Z');

async function read(
  text: string,
  partial: boolean,
): Promise<{ readonly texts: string[]; readonly seconds: number[]; readonly wholeBytes: number }> {
  using folder = temporaryFolder();
  const file = join(folder.path, 'console.log');
  await writeFile(file, text);
  const log = { boot: 0, file, bytes: text.length, begunAt, writtenAt };
  const { lines, wholeBytes } = await readTimedLines(log, { partial });
  const seconds = lines.map(({ atMs }) => (atMs - begunAt.getTime()) / 1000);
  return { texts: lines.map((line) => line.text), seconds, wholeBytes };
}

test('lines have the kernel’s time, counted back from the last write', async () => {
  const { texts, seconds } = await read('[    0.000000] a\n[    2.500000] b\nc\n', false);
  expect(texts).toEqual(['[    0.000000] a', '[    2.500000] b', 'c']);
  expect(seconds).toEqual([7.5, 10, 10]);
});

test('a line that has not ended is read where it is wanted, and never counted as whole', async () => {
  expect(await read('a\nlogin: ', true)).toMatchObject({ texts: ['a', 'login:'], wholeBytes: 2 });
  expect(await read('a\nlogin: ', false)).toMatchObject({ texts: ['a'], wholeBytes: 2 });
});

test('an empty log has no lines', async () => {
  expect(await read('', true)).toEqual({ texts: [], seconds: [], wholeBytes: 0 });
});
