import { expect, test } from 'vitest';
import {
  findSum,
  latestStable,
  readVersion,
  releaseFiles,
  releaseServer,
} from '../../../src/kernel/kernel-release.ts';

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
