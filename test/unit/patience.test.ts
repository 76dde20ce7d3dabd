import { expect, test } from 'vitest';
import { patienceFor } from '../../src/patience.ts';

test.each([
  [40, 1],
  [250, 1],
  [500, 2],
  [60_000, 6],
])('a program that starts in %d ms is on a host with patience %d', (startupMs, expected) => {
  expect(patienceFor(startupMs)).toBe(expected);
});
