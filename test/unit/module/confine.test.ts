import { expect, test } from 'vitest';
import { confine, isSystemProgram } from '../../../src/module/confine.ts';

test('a confined build has no network, and writes to its folder alone', () => {
  const argv = confine({ bwrap: '/usr/bin/bwrap', cwd: '/h', readable: ['/h'], writable: ['/m'] });
  expect(argv.join(' ')).toMatch(/^\/usr\/bin\/bwrap --unshare-all --die-with-parent /);
  const binds = argv.flatMap((word, index) => (word === '--bind' ? [argv[index + 1]] : []));
  expect(binds).toEqual(['/m']);
  // What lies below /tmp is laid over the empty /tmp.
  expect(argv.indexOf('--tmpfs')).toBeLessThan(argv.indexOf('--bind'));
  expect(argv.at(-1)).toBe('--');
});

test.each([
  ['/usr/bin/gcc-12', true],
  ['/home/anna/bin/gcc', false],
  ['/usrlocal/gcc', false],
])('%s is shown to it: %s', (path, is) => {
  expect(isSystemProgram(path)).toBe(is);
});
