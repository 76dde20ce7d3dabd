import { expect, test } from 'vitest';
import { readQemuOrigin } from '../../../../src/lifecycle/qemu/get-qemu.ts';

test('a release comes from QEMU’s server, or from a mirror', () => {
  expect(readQemuOrigin(undefined, undefined)).toMatchObject({
    ...{ kind: 'release', version: undefined },
    server: { files: new URL('https://download.qemu.org/') },
  });
  expect(readQemuOrigin('9.2.0', 'https://mirror.example/qemu')).toMatchObject({
    ...{ kind: 'release', version: '9.2.0' },
    server: { files: new URL('https://mirror.example/qemu/'), page: undefined },
  });
});

test('an archive is named by its URL', () => {
  const url = 'https://host.example/qemu-9.2.0.tar.xz';
  expect(readQemuOrigin(url, undefined)).toEqual({ kind: 'archive', url: new URL(url) });
});

test.each(['https://host.example/qemu.zip', 'newest', '../qemu'])('%s is refused', (what) => {
  expect(() => readQemuOrigin(what, undefined)).toThrow(what);
});
