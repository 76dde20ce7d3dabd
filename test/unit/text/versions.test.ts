import { expect, test } from 'vitest';
import { findVersion, isAtLeast } from '../../../src/text/versions.ts';

test.each<[string, readonly number[], boolean]>([
  ['7.2.22', [7, 2], true],
  ['7.10.0', [7, 2], true],
  ['10.0.2', [9, 1], true],
  ['9.0.4', [9, 1], false],
  ['5.2', [5, 2], true],
  ['6.12.118+deb13-amd64', [6, 4], true],
  ['6.1.0-57-amd64', [6, 4], false],
  ['drgn 0.0.22 (using Python 3.11.2)', [0, 0, 23], false],
  ['crash 8.0.4', [8, 0, 4], true],
  ['8.0', [8, 0, 4], false],
  ['no version', [0], false],
])('%s is at least %j: %s', (text, least, expected) => {
  expect(isAtLeast(text, least)).toBe(expected);
});

test('the first version of a text is found', () => {
  expect(findVersion('drgn 0.0.22 (using Python 3.11.2)')).toBe('0.0.22');
  expect(findVersion('none')).toBeUndefined();
});
