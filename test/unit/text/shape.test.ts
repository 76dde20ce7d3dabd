import { expect, test } from 'vitest';
import {
  aCount,
  aFlag,
  anything,
  aNumber,
  aPort,
  aText,
  aTime,
  digits,
  either,
  listOf,
  mapOf,
  maybe,
  object,
  oneOf,
  type Shape,
} from '../../../src/text/shape.ts';

const cases: readonly (readonly [
  string,
  Shape<unknown>,
  readonly unknown[],
  readonly unknown[],
])[] = [
  ['text', aText, ['', 'x'], [1, null, undefined, [], {}]],
  ['flag', aFlag, [true, false], [0, 'true', null]],
  ['count', aCount, [0, 2 ** 53 - 1], [-1, 0.5, 2 ** 53, Number.NaN, '1']],
  ['number', aNumber, [0, 0.5], [-1, Infinity, Number.NaN, '1']],
  ['port', aPort, [0, 65_535], [-1, 65_536, 2 ** 32, 1.5, '22']],
  ['digits', digits, ['0', '1700000000000000001'], ['', '-1', '1e3', '1'.repeat(31), 5]],
  ['time', aTime, ['2026-11-23T08:00:00.000Z'], ['', 'x', 5, null]],
  ['anything', anything, [undefined, null, 1, {}], []],
  ['one of', oneOf(1, 'a', null), [1, 'a', null], [2, '1', undefined]],
  ['maybe', maybe(aText), [undefined, 'x'], [null, 1]],
  ['either', either(aText, aCount), ['x', 1], [true, null, -1]],
  ['list', listOf(aText), [[], ['x']], [{}, 'x', [1], { length: 0 }]],
  ['map', mapOf(aText), [{}, { a: 'x' }], [[], null, { a: 1 }]],
  ['object', object({ a: aText }), [{ a: 'x' }, { a: 'x', b: 1 }], [[], null, {}, { a: 1 }]],
];

test.each(cases)('%s', (_name, shape, fitting, others) => {
  for (const value of fitting) expect(shape(value), JSON.stringify(value)).toBeUndefined();
  for (const value of others)
    expect(shape(value), JSON.stringify(value)).toEqual(expect.any(String));
});

test('the place of what does not fit', () => {
  const shape = object({
    plan: object({ disks: listOf(object({ path: aText })), ports: mapOf(aPort) }),
  });
  expect(shape(5)).toBe('');
  expect(shape({})).toBe('plan');
  expect(shape({ plan: { disks: [{ path: '' }, {}] } })).toBe('plan.disks.1.path');
  expect(shape({ plan: { disks: [], ports: { ssh: -1 } } })).toBe('plan.ports.ssh');
});

test('a key that every object inherits is not one of its own', () => {
  expect(object({ toString: maybe(aText) })({})).toBeUndefined();
});
