import { expect, test } from 'vitest';
import { nameSilence } from '../../../../src/lifecycle/watch/boot-display.ts';

test('a guest that shows no sign of life is said to, a pause in a boot is not', () => {
  expect(nameSilence(9_000)).toBe('');
  expect(nameSilence(75_000)).toBe(', no sign of life for 75.0 s');
});
