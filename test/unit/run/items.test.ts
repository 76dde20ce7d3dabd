import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  checkItems,
  commandFor,
  countJobs,
  workInParallel,
} from '../../../src/commands/run/items.ts';

test('the path stands for {}, or at the end', () => {
  expect(commandFor(['./grade', '--of={}', '{}'], 'a b')).toEqual(['./grade', '--of=a b', 'a b']);
  expect(commandFor(['make', '-C'], 'x')).toEqual(['make', '-C', 'x']);
});

test('paths outside the folder are refused', () => {
  expect(() => checkItems(['a', './b/c', '/lab/d'], '/lab')).not.toThrow();
  expect(() => checkItems(['a', '../b'], '/lab')).toThrow('../b is not in this folder');
  expect(() => checkItems(['/etc'], '/lab')).toThrow('/etc is not in this folder');
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
