import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { resultName } from '../../../../src/lifecycle/several/result-names.ts';

test('a plain item keeps its name, another one gets a name of its own', () => {
  expect(['anna', 'Άννα_2', 'a.c'].map(resultName)).toEqual(['anna', 'Άννα_2', 'a.c']);
  expect(resultName('submissions/anna')).toMatch(/^submissions-anna-[\da-f]{12}$/);
  // One that is called like the file of another.
  const taken = resultName('submissions/anna');
  expect(resultName(taken)).not.toBe(taken);
  expect(resultName('a/b')).not.toBe(resultName('a-b'));
});

test('no item is a path, a hidden name or more than a name may be', () => {
  const items = [
    '',
    '.',
    '..',
    '/',
    '../../x',
    '.x',
    '-rf',
    'n\n\u001B]0;T\u0007',
    '\0',
    'x'.repeat(9_999),
  ];
  for (const item of items) expect(resultName(item)).toMatch(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u);
  assert(
    property(string({ unit: 'binary' }), (item) => {
      const name = resultName(item);
      expect(name).toMatch(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u);
      expect(Buffer.byteLength(name)).toBeLessThan(250);
    }),
  );
});
