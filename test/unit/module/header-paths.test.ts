import { expect, test } from 'vitest';
import {
  includedPaths,
  isHeaderPlace,
  linkMeaning,
  linkText,
  relocateMakefile,
} from '../../../src/module/header-paths.ts';

test.each([
  ['/usr/src/linux-headers-6.1.0-56-amd64', true],
  ['/usr/lib/linux-kbuild-6.1/scripts', true],
  ['/lib/linux-kbuild-6.12.9', true],
  ['/usr/lib/modules/6.1.0/build', true],
  ['/usr/src', false],
  ['/usr/lib/modules', false],
  ['/usr/lib/linux-kbuildx', false],
  ['/usr/src/../lib', false],
  ['/etc', false],
  ['/', false],
])('%s is a place of headers: %s', (path, is) => {
  expect(isHeaderPlace(path)).toBe(is);
});

const common = '/usr/src/linux-headers-6.1.0-56-common/Makefile';

test('what a Makefile includes by an absolute path is found from its own folder', () => {
  const text = `a = 1\ninclude ${common}\n-include scripts/x\ninclude $(srctree)/y\n`;
  expect(includedPaths(text)).toEqual([common]);
  expect(relocateMakefile(text, '/usr/src/linux-headers-6.1.0-56-amd64')).toBe(
    'a = 1\ninclude $(dir $(lastword $(MAKEFILE_LIST)))../linux-headers-6.1.0-56-common/Makefile\n' +
      '-include scripts/x\ninclude $(srctree)/y\n',
  );
});

test('links are read and written as they mean', () => {
  expect(linkMeaning('/usr/src/h/scripts', '../../lib/k/scripts')).toBe('/usr/lib/k/scripts');
  expect(linkMeaning('/usr/src/h/scripts', '/lib/k')).toBe('/lib/k');
  expect(linkText('/usr/src/h/scripts', '/usr/lib/k/scripts')).toBe('../../lib/k/scripts');
  expect(linkText('/usr/src/h/self', '/usr/src/h')).toBe('.');
});
