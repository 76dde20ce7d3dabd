import { expect, test } from 'vitest';
import {
  parseImageUrl,
  readSha256,
  storePathFor,
} from '../../../../src/image/fetch/image-names.ts';

test.each([
  ['http://host/images/cslab_rootfs_2024.raw.gz', 'cslab_rootfs_2024.raw'],
  ['https://host/a/disk.qcow2', 'disk.qcow2'],
  ['https://host/a/disk.raw.xz?token=1#top', 'disk.raw'],
  ['https://host/download.php?id=3', 'download.php.raw'],
  ['https://host/', 'image.raw'],
  ['https://host/a/%CE%B5%CE%B9%CE%BA%CF%8C%CE%BD%CE%B1.raw', 'εικόνα.raw'],
  ['https://host/a/..%2F..%2Fetc%2Fpasswd', '_.._etc_passwd.raw'],
  ['https://host/a/.hidden.raw', 'hidden.raw'],
  ['https://host/a/%ff.raw', '%ff.raw'],
])('%s goes into the store as %s', (url, name) => {
  const path = storePathFor(parseImageUrl(url), { XDG_CACHE_HOME: '/cache' });
  expect(path).toBe(`/cache/utopia/images/${name}`);
});

test.each(['disk.raw.gz', 'ftp://host/disk.raw', 'file:///disk.raw', ''])(
  '%j is refused',
  (text) => {
    expect(() => parseImageUrl(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);

test('a checksum has 64 hexadecimal digits, and becomes lower case', () => {
  expect(readSha256(undefined)).toBeUndefined();
  expect(readSha256('AB'.repeat(32))).toBe('ab'.repeat(32));
  for (const text of ['', 'ab', `${'ab'.repeat(32)} `, 'g'.repeat(64)])
    expect(() => readSha256(text)).toThrow(expect.objectContaining({ code: 'usage' }));
});
