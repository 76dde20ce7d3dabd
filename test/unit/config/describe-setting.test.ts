import { expect, test } from 'vitest';
import { describeOrigin, describeValue } from '../../../src/config/describe-setting.ts';

test.each([
  [{ origin: 'default' }, 'default'],
  [{ origin: 'file', line: 3 }, 'line 3'],
  [{ origin: 'dotenv', line: 1 }, '.env:1'],
] as const)('%j is from %s', (where, text) => {
  expect(describeOrigin({ value: '', ...where })).toBe(text);
});

test.each([
  [null, /^\(.+\)$/],
  [[], /^\(none\)$/],
  [['-cpu', 'a b'], /^-cpu 'a b'$/],
  [true, /^1$/],
  [false, /^0$/],
  [512, /^512$/],
] as const)('%j is shown as it would be written', (value, text) => {
  expect(describeValue('QCOW2_BACKING_FILE', { value, origin: 'file' })).toMatch(text);
});
