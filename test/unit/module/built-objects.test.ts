import { expect, test } from 'vitest';
import { readModulesOrder } from '../../../src/module/built-objects.ts';

test.each([
  ['/m/a.ko\n/m/sub/b.ko\n', ['a.ko', 'sub/b.ko']],
  // Before Linux 6.0, and from 6.4 on.
  ['kernel//m/a.ko\n', ['a.ko']],
  ['/m/a.o\n', ['a.ko']],
  ['a.o\nsub/b.o\n', ['a.ko', 'sub/b.ko']],
  ['', []],
  ['/etc/passwd\n../x.ko\n/other/y.ko\nsub/../../z.ko\n', []],
])('%j lists %j', (text, objects) => {
  expect(readModulesOrder(text, '/m')).toEqual(objects);
});
