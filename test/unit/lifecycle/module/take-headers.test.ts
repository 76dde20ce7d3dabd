import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDisk } from '../../../../src/image/disks/open-disk.ts';
import { openExtFiles } from '../../../../src/image/ext/ext-files.ts';
import { takeHeaders } from '../../../../src/lifecycle/module/take-headers.ts';
import { headersRelease, makeHeadersDisk } from '../../../support/headers-disk.ts';
import { needsOfHost } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

needsOfHost('image-tools', 'compiler');

const build = `/usr/src/linux-headers-${headersRelease}`;

test('headers are taken out with what they lead to, and nothing else is', async () => {
  using folder = temporaryFolder();
  const root = join(folder.path, 'root');
  mkdirSync(root);
  await using disk = await openDisk(makeHeadersDisk(folder.path), 'raw');
  const files = await openExtFiles(disk.read, 0);
  if (files === undefined) throw new Error('no file system was found');
  const place = await files.locate(`/lib/modules/${headersRelease}/build`);
  expect(place).toEqual({ path: build, kind: 'folder' });

  await takeHeaders(files, build, root, new AbortController().signal);

  expect(readdirSync(root)).toEqual(['usr']);
  expect(readdirSync(join(root, 'usr')).toSorted()).toEqual(['lib', 'src']);
  expect(readdirSync(join(root, 'usr/lib'))).toEqual(['linux-kbuild-9.9']);
  expect(readdirSync(join(root, build)).toSorted()).toEqual(['Makefile', 'include', 'scripts']);
  expect(readFileSync(join(root, build, 'Makefile'), 'utf8')).toContain('MAKEFILE_LIST');
  const scripts = join(root, build, 'scripts');
  expect(readlinkSync(scripts)).toBe('../../lib/linux-kbuild-9.9/scripts');
  expect(readFileSync(join(scripts, 'basic/note'), 'utf8')).toBe('programs of kbuild');
});

test('Ctrl-C ends it', async () => {
  using folder = temporaryFolder();
  await using disk = await openDisk(makeHeadersDisk(folder.path), 'raw');
  const files = await openExtFiles(disk.read, 0);
  if (files === undefined) throw new Error('no file system was found');
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(takeHeaders(files, build, folder.path, stopped)).rejects.toThrow('stopped');
  expect(lstatSync(join(folder.path, build)).isDirectory()).toBe(true);
});
