import { describe, expect, test } from 'vitest';
import { countOf, formatBytes, formatDuration } from '../../../src/text/format.ts';

describe('formatDuration', () => {
  test.each([
    [0, '0.0 s'],
    [1149, '1.1 s'],
    [99_949, '99.9 s'],
    [99_950, '1 min 40 s'],
    [200_000, '3 min 20 s'],
    [3_599_600, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [412_300_000, '412 MB'],
    [999_600_000, '1.0 GB'],
    [1_340_000_000, '1.3 GB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

test('countOf takes the plural for everything but one', () => {
  expect([countOf(1, 'check'), countOf(0, 'check'), countOf(2, 'entry', 'entries')]).toEqual([
    '1 check',
    '0 checks',
    '2 entries',
  ]);
});
