import { expect, test } from 'vitest';
import {
  findSum,
  latestStable,
  readVersion,
  releaseFiles,
  releaseServer,
} from '../../../src/kernel/release.ts';
import { createSourceCheck } from '../../../src/kernel/source-archive.ts';
import type { TarMember } from '../../../src/system/tar-headers.ts';

test.each([
  ['6.12', '6.12'],
  ['v6.12.3', '6.12.3'],
  ['2.6.39', '2.6.39'],
  ['6', undefined],
  ['6.12-rc1', undefined],
  ['../6.1', undefined],
])('%s is the version %s', (text, version) => {
  expect(readVersion(text)).toBe(version);
});

test('files of a release', () => {
  const server = releaseServer(undefined);
  expect(releaseFiles(server, '6.12.3').archive.href).toBe(
    'https://cdn.kernel.org/pub/linux/kernel/v6.x/linux-6.12.3.tar.xz',
  );
  expect(releaseFiles(server, '2.6.39').sums.href).toBe(
    'https://cdn.kernel.org/pub/linux/kernel/v2.6/sha256sums.asc',
  );
  const mirror = releaseServer(new URL('http://mirror/linux'));
  expect(mirror.index.href).toBe('http://mirror/linux/releases.json');
  expect(releaseFiles(mirror, '6.1').archive.href).toBe(
    'http://mirror/linux/v6.x/linux-6.1.tar.xz',
  );
});

test.each(['', '{}', '{"latest_stable": {"version": "next"}}', '[1]', 'null'])(
  'a list of releases that names none: %s',
  (text) => {
    expect(() => latestStable(text)).toThrow('names no stable one');
  },
);

test('a checksum is found by the whole name', () => {
  const hash = 'ab'.repeat(32);
  const sums = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${hash}  linux-6.1.tar.xz\n`;
  expect(findSum(sums, 'linux-6.1.tar.xz')).toBe(hash);
  expect(findSum(sums, '6.1.tar.xz')).toBeUndefined();
});

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
  ['more than a kernel', member('linux/a', { bytes: 7e9 })],
  ['a deep folder', member(`linux/${'a/'.repeat(50)}`)],
])('refused: %s', (_what, bad) => {
  const check = createSourceCheck();
  check.take(member('linux/link', { kind: 'link', target: 'a' }));
  expect(() => check.take(bad)).toThrow(RangeError);
});
