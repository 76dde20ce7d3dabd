import { expect, test } from 'vitest';
import { formatAge, formatLocalTime, parseMoment } from '../../../src/text/local-time.ts';

const now = new Date(2026, 10, 23, 14, 30, 0);

test.each([
  ['90s', '2026-11-23 14:28:30'],
  ['10m', '2026-11-23 14:20:00'],
  ['2h ago', '2026-11-23 12:30:00'],
  ['1d', '2026-11-22 14:30:00'],
  ['14:02', '2026-11-23 14:02:00'],
  ['14:02:51', '2026-11-23 14:02:51'],
  ['15:00', '2026-11-22 15:00:00'],
  ['2026-11-20', '2026-11-20 00:00:00'],
  ['2026-11-20 09:05', '2026-11-20 09:05:00'],
  ['2026-11-20T09:05:07', '2026-11-20 09:05:07'],
])('%s is %s', (text, moment) => {
  const read = parseMoment(text, now);
  expect(read === undefined ? undefined : formatLocalTime(read)).toBe(moment);
});

test.each(['', 'yesterday', '25:00', '14:70', '10', '10 weeks', '2026-13-01', '2026-11-20 9:5'])(
  '%j is no time',
  (text) => {
    expect(parseMoment(text, now)).toBeUndefined();
  },
);

test.each([
  [59, 'just now'],
  [60, '1 min ago'],
  [59 * 60, '59 min ago'],
  [47 * 3600, '47 h ago'],
  [49 * 3600, '2 days ago'],
  // A clock that was set back.
  [-10, 'just now'],
])('%d s are %s', (seconds, text) => {
  expect(formatAge(now, new Date(now.getTime() - seconds * 1000))).toBe(text);
});
