import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  findRelease,
  listReleases,
  qemuServer,
  readQemuVersion,
} from '../../../src/qemu/qemu-release.ts';
import { parseQemuVersion, readQemuTree } from '../../../src/qemu/qemu-tree.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test.each([
  ['9.2.0', '9.2.0'],
  ['v9.2.0-rc1', '9.2.0-rc1'],
  ['9.2', '9.2'],
  ['2.5.1.1', '2.5.1.1'],
  ['9', undefined],
  ['latest', undefined],
  ['../9.2.0', undefined],
])('%s is the version %s', (text, version) => {
  expect(readQemuVersion(text)).toBe(version);
});

test('the releases that a folder lists, or the page of QEMU', () => {
  const page =
    '<a href="qemu-10.0.2.tar.xz">qemu-10.0.2.tar.xz</a> <a href="qemu-10.0.2.tar.xz.sig">' +
    '<a href="qemu-2.0.0.tar.bz2"> <a href="qemu-2.9.0.tar.bz2"> <a href="qemu-2.9.0.tar.xz">' +
    '<a href="https://download.qemu.org/qemu-10.1.0-rc2.tar.xz"> <a href="xqemu-11.0.0.tar.xz">';
  const releases = listReleases(page);
  expect([...releases]).toEqual([
    ['10.0.2', 'qemu-10.0.2.tar.xz'],
    ['2.0.0', 'qemu-2.0.0.tar.bz2'],
    ['2.9.0', 'qemu-2.9.0.tar.xz'],
    ['10.1.0-rc2', 'qemu-10.1.0-rc2.tar.xz'],
  ]);
  expect(findRelease(releases, undefined)).toBe('qemu-10.0.2.tar.xz');
  expect(findRelease(releases, '2.0')).toBe('qemu-2.0.0.tar.bz2');
  expect(findRelease(releases, '10.1')).toBe('qemu-10.1.0-rc2.tar.xz');
  expect(() => findRelease(releases, '10.0.9')).toThrow('no release 10.0.9');
  expect(() => findRelease(new Map(), undefined)).toThrow('names no release');
});

test('places of QEMU and of a mirror', () => {
  expect(qemuServer(undefined).files.href).toBe('https://download.qemu.org/');
  expect(qemuServer(new URL('http://mirror/qemu'))).toMatchObject({ page: undefined });
  expect(qemuServer(new URL('http://mirror/qemu')).files.href).toBe('http://mirror/qemu/');
});

test('a tree is known by its parts', async () => {
  using folder = temporaryFolder();
  await expect(readQemuTree(folder.path)).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringContaining('configure is missing') as string,
  });
  for (const name of ['hw', 'pc-bios']) mkdirSync(join(folder.path, name));
  for (const name of ['configure', 'Makefile', 'qemu-options.hx', 'VERSION']) {
    writeFileSync(join(folder.path, name), 'seven\n');
  }
  await expect(readQemuTree(folder.path)).rejects.toThrow('VERSION has no version');
  writeFileSync(join(folder.path, 'VERSION'), '7.2.22\n');
  expect(await readQemuTree(folder.path)).toEqual({ folder: folder.path, version: '7.2.22' });
  writeFileSync(join(folder.path, 'VERSION'), '');
  writeFileSync(join(folder.path, 'Kbuild'), '');
  await expect(readQemuTree(folder.path)).rejects.toMatchObject({
    message: expect.stringContaining("is a kernel's source") as string,
    hint: expect.stringContaining('utopia kernel build') as string,
  });
});

test.each(['9.2.0-rc1', '9.1.91', '0.15.1'])('VERSION of a tree: %s', (version) => {
  expect(parseQemuVersion(`${version}\n`)).toBe(version);
});
