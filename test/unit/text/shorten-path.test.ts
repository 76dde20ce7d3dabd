import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shortenForShell, shortenPath } from '../../../src/text/shorten-path.ts';

const [cwd, home] = ['/home/anna/lab', '/home/anna'];

test.each([
  ['/home/anna/lab/a b', './a b', "'./a b'"],
  ['/home/anna/linux-6.12', '~/linux-6.12', '~/linux-6.12'],
  ['/home/anna/my kernels/6.12', '~/my kernels/6.12', "~/'my kernels/6.12'"],
  ["/home/anna/it's", "~/it's", "~/'it'\\''s'"],
  ['/srv/linux', '/srv/linux', '/srv/linux'],
  ['/home/annas', '/home/annas', '/home/annas'],
])('%s', (path, short, pasted) => {
  expect(shortenPath(path, cwd, home)).toBe(short);
  expect(shortenForShell(path, cwd, home)).toBe(pasted);
});

test('what is pasted is the path again', () => {
  for (const path of ['/home/anna/my kernels/6.12', "/home/anna/it's", '/home/anna/$x/~']) {
    const line = `printf %s ${shortenForShell(path, cwd, home)}`;
    expect(execFileSync('bash', ['-c', line], { env: { HOME: home } }).toString()).toBe(path);
  }
});
