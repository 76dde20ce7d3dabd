import { expect, test } from 'vitest';
import { timeoutScaleFor } from '../../../src/system/timeout-scale.ts';

test.each([
  [40, 1],
  [250, 1],
  [500, 2],
  [60_000, 6],
])(
  'a program that starts in %d ms is on a host with time limits times %d',
  (startupMs, expected) => {
    expect(timeoutScaleFor(startupMs)).toBe(expected);
  },
);
