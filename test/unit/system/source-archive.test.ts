import { expect, test } from 'vitest';
import { createSourceCheck } from '../../../src/system/source-archive.ts';
import type { TarMember } from '../../../src/system/tar-headers.ts';

function member(path: string, more: Partial<TarMember> = {}): TarMember {
  return { path, kind: 'file', bytes: 1, mode: 0o644, modifiedAt: 0, target: '', ...more };
}

test('members that a source has', () => {
  const check = createSourceCheck();
  check.take(member('linux/', { kind: 'folder' }));
  check.take(member('linux/a/b/link', { kind: 'link', target: '../../arch/x' }));
  check.take(member('./linux/Makefile'));
  check.take(member('linux/hard', { kind: 'hard-link', target: 'linux/Makefile' }));
  expect(check.top()).toBe('linux');
});

test.each<[string, TarMember]>([
  ['an absolute path', member('/linux/a')],
  ['a way up', member('linux/../../a')],
  ['another folder', member('other/a')],
  ['a device', member('linux/a', { kind: 'other' })],
  ['an absolute link', member('linux/a', { kind: 'link', target: '/etc' })],
  ['a link out', member('linux/a/b', { kind: 'link', target: '../../x' })],
  ['the folder as a link', member('linux', { kind: 'link', target: 'linux' })],
  ['a hard link out', member('linux/a', { kind: 'hard-link', target: '../etc/passwd' })],
  ['a file behind a link', member('linux/link/a')],
  ['more than any source', member('linux/a', { bytes: 7e9 })],
  ['a deep folder', member(`linux/${'a/'.repeat(50)}`)],
])('refused: %s', (_what, bad) => {
  const check = createSourceCheck();
  check.take(member('linux/link', { kind: 'link', target: 'a' }));
  expect(() => check.take(bad)).toThrow(RangeError);
});
