import { expect, test } from 'vitest';
import { createPlacer, startsOfRuns } from '../../../src/guest/log-times.ts';

test('lines without a stamp have that of the line before; a stamp that goes back is a reboot', () => {
  const place = createPlacer();
  const lines = [
    ['SeaBIOS', 0, 0],
    ['[    0.000000] Linux version 6.1', 0, 0],
    ['[   12.500000][    T1] systemd[1]: hello', 0, 12_500],
    ['login: ', 0, 12_500],
    // Two processors: 12.4 printed after 12.5.
    ['[   12.400000] late', 0, 12_500],
    ['[    0.000000] Linux version 6.1', 1, 0],
    ['<6>[    3.000000] again', 1, 3_000],
  ] as const;
  for (const [line, run, stampMs] of lines) expect(place(line)).toEqual({ run, stampMs });
});

test('a kernel starts at most a minute after its log, or before its last line', () => {
  const minute = 60_000;
  expect(startsOfRuns([30_000], { begunAtMs: 0, writtenAtMs: 40_000 })).toEqual([10_000]);
  // Somebody typed at the console an hour later.
  expect(startsOfRuns([30_000], { begunAtMs: 0, writtenAtMs: 60 * minute })).toEqual([minute]);
  expect(startsOfRuns([], { begunAtMs: 0, writtenAtMs: 1 })).toEqual([]);
});

test('after a reboot the last kernel is reckoned from the end', () => {
  expect(startsOfRuns([30_000, 20_000], { begunAtMs: 1_000_000, writtenAtMs: 2_000_000 })).toEqual([
    1_060_000, 1_980_000,
  ]);
});
