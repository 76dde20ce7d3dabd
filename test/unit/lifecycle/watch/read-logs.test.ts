import { expect, test } from 'vitest';
import { chooseBoots } from '../../../../src/lifecycle/watch/read-logs.ts';
import type { BootLog } from '../../../../src/machine/boots.ts';

const hour = (hours: number): Date => new Date(Date.UTC(2026, 10, 23, hours));
/** The last start, and two before it, each an hour long. */
const boots: readonly BootLog[] = [0, 1, 2].map((boot) => ({
  ...{ boot, file: `/lab/console.${boot}.log`, bytes: 1 },
  ...{ begunAt: hour(12 - boot), writtenAt: hour(13 - boot) },
}));

const choose = (boot: number | undefined, since: Date | undefined, follow = false): number[] =>
  chooseBoots(boots, { boot, since, follow }).map((each) => each.boot);

test('without a wish it is the last start', () => {
  expect(choose(undefined, undefined)).toEqual([0]);
});

test('a start is found by its number, or is not there', () => {
  expect(choose(2, undefined)).toEqual([2]);
  expect(choose(5, undefined)).toEqual([]);
  expect(choose(1, hour(20))).toEqual([1]);
});

test('since a moment: every log that was written to after it, the oldest first', () => {
  expect(choose(undefined, hour(12))).toEqual([1, 0]);
  expect(choose(undefined, hour(20))).toEqual([]);
});

test('what is followed is the last start', () => {
  expect(choose(undefined, hour(1), true)).toEqual([0]);
});
