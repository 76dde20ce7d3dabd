import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  checkItems,
  commandFor,
  countJobs,
  workInParallel,
} from '../../../../src/lifecycle/several/items.ts';

import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('the path stands for {}, or at the end', () => {
  expect(commandFor(['./grade', '--of={}', '{}'], 'a b')).toEqual(['./grade', '--of=a b', 'a b']);
  expect(commandFor(['make', '-C'], 'x')).toEqual(['make', '-C', 'x']);
});

test('a path stands as it is, whatever is in it', () => {
  for (const path of ['subs/x$$y', 'a$&b', "a$'b", 'a$`b', '{}']) {
    expect(commandFor(['sh', '-c', './grade {}'], path)).toEqual(['sh', '-c', `./grade ${path}`]);
  }
});

function makeLab(folder: string): void {
  mkdirSync(join(folder, 'lab/b/c'), { recursive: true });
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'lab/a'), '');
  writeFileSync(join(folder, 'lab/..hidden'), '');
  symlinkSync('a', join(folder, 'lab/alias'));
  symlinkSync('../elsewhere', join(folder, 'lab/out'));
}

describe('paths that a command is run for', () => {
  test('are there, in the folder', async () => {
    using folder = temporaryFolder();
    makeLab(folder.path);
    const lab = join(folder.path, 'lab');
    await checkItems(['a', './b/c', join(lab, 'b'), '..hidden'], lab);
    for (const [items, why] of [
      [['a', '../elsewhere'], '../elsewhere is not in this folder'],
      [['/etc'], '/etc is not in this folder'],
      [['out'], 'out is not in this folder'],
      [['b/nosuch'], 'There is no b/nosuch'],
      [['a/x'], 'It is not possible to read a/x'],
      [['a', 'a'], 'a is named twice'],
      [['b/c', './b/c/'], './b/c/ and b/c are the same'],
      [['alias', 'a'], 'a and alias are the same'],
    ] satisfies [string[], string][]) {
      await expect(checkItems(items, lab)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(why),
      });
    }
  });

  test('a path of --with that is not there is named as one', async () => {
    using folder = temporaryFolder();
    makeLab(folder.path);
    await expect(checkItems(['nosuch'], join(folder.path, 'lab'), '--with')).rejects.toMatchObject({
      message: 'There is no nosuch, which every copy is to read.',
      hint: 'Look at the paths behind --with: ls',
    });
  });
});

test.each([
  ['one for each processor', {}, 4],
  ['as asked, also more than processors', { wanted: 6 }, 6],
  ['never more than items', { items: 2 }, 2],
  ['never more than memory holds', { wanted: 8, freeMiB: 3700 }, 3],
  ['but one', { freeMiB: 10 }, 1],
])('%s', (_what, bounds, jobs) => {
  const usual = { wanted: undefined, items: 10, hostCpus: 4, memoryMiB: 1024, freeMiB: 64_000 };
  expect(countJobs({ ...usual, ...bounds })).toBe(jobs);
});

describe('workInParallel', () => {
  test('keeps the order of the items and the number of jobs', async () => {
    let under = 0;
    let most = 0;
    const { signal } = new AbortController();
    const results = await workInParallel([30, 1, 20, 2, 10], 2, signal, async (ms) => {
      most = Math.max(most, (under += 1));
      await sleep(ms);
      under -= 1;
      return ms;
    });
    expect(results).toEqual([30, 1, 20, 2, 10]);
    expect(most).toBe(2);
  });

  test('begins nothing more once it is interrupted', async () => {
    const stop = new AbortController();
    const results = await workInParallel([1, 2, 3], 1, stop.signal, (item) => {
      if (item === 2) stop.abort();
      return Promise.resolve(item);
    });
    expect(results).toEqual([1, 2]);
  });
});
