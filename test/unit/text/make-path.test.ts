import { expect, test } from 'vitest';
import { fitsMake } from '../../../src/text/make-path.ts';

test.each([
  ['/srv/linux-6.12', true],
  ['/srv/εργαστήριο', true],
  ['/srv/my kernels', false],
  ['/srv/a\tb', false],
  ['/srv/c:d', false],
])('make can build in %j: %s', (path, fits) => {
  expect(fitsMake(path)).toBe(fits);
});
