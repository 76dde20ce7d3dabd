import { gzipSync } from 'node:zlib';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findBackingFile } from '../../../src/image/backing-file.ts';
import { needsOfTest } from '../../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { qemuImg, refusalOf } from './sample-lab.ts';

function search(folder: TemporaryFolder, backingFile?: string) {
  const config = {
    backingFile: backingFile === undefined ? undefined : join(folder.path, backingFile),
    folder: folder.path,
    privateFile: join(folder.path, 'private.qcow2'),
  };
  return findBackingFile({ config, env: { XDG_CACHE_HOME: join(folder.path, 'cache') } });
}

function lay(folder: TemporaryFolder, name: string, contents: string | Buffer = 'x'): string {
  const path = join(folder.path, name);
  writeFileSync(path, contents);
  return path;
}

test('nothing anywhere is no error: the caller offers an image', async () => {
  using folder = temporaryFolder();
  expect(await search(folder)).toBeUndefined();
});

test('the configured file wins over the folder, the folder over the store', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'cache/utopia/images'), { recursive: true });
  const store = lay(folder, 'cache/utopia/images/debian-bookworm-lab.raw');
  expect(await search(folder)).toEqual({ path: store, format: 'raw', origin: 'store' });
  const course = lay(folder, 'cslab_rootfs_2024.raw');
  expect(await search(folder)).toEqual({ path: course, format: 'raw', origin: 'folder' });
  const mine = lay(folder, 'mine.img');
  expect(await search(folder, 'mine.img')).toEqual({ path: mine, format: 'raw', origin: 'config' });
});

test('a symbolic link to an image serves, a dangling one is a missing image', async () => {
  using folder = temporaryFolder();
  lay(folder, 'real.raw');
  symlinkSync('real.raw', join(folder.path, 'link.raw'));
  symlinkSync('gone.raw', join(folder.path, 'dangling.raw'));
  expect(await search(folder, 'link.raw')).toMatchObject({ format: 'raw' });
  expect(await refusalOf(search(folder, 'dangling.raw'))).toMatchObject({ code: 'image-missing' });
});

test('several course images: they are listed and a choice is asked for', async () => {
  using folder = temporaryFolder();
  lay(folder, 'cslab_rootfs_2020.raw');
  lay(folder, 'cslab_rootfs_2024.raw');
  const refusal = await refusalOf(search(folder));
  expect(refusal.code).toBe('image-unsuitable');
  expect(refusal.details).toEqual(['cslab_rootfs_2020.raw', 'cslab_rootfs_2024.raw']);
  expect(refusal.hint).toContain('QCOW2_BACKING_FILE=./cslab_rootfs_2024.raw');
});

test('a course image that is still packed: how to unpack it', async () => {
  using folder = temporaryFolder();
  const path = lay(folder, 'cslab_rootfs_2024.raw.gz', gzipSync('disk'));
  const refusal = await refusalOf(search(folder));
  expect(refusal.hint).toBe(`gunzip -k ${path}`);
});

test('a named image that lies there packed: how to unpack it', async () => {
  using folder = temporaryFolder();
  const path = lay(folder, 'a b.raw.xz');
  const refusal = await refusalOf(search(folder, 'a b.raw'));
  expect(refusal.code).toBe('image-missing');
  expect(refusal.hint).toBe(`unxz -k '${path}'`);
});

test.each([
  ['gzip under a raw name', gzipSync('disk'), /packed \(gzip\)/, /gunzip -k/],
  ['xz', Buffer.from('fd377a585a000004', 'hex'), /packed \(xz\)/, /unxz -k/],
  ['an empty file', Buffer.alloc(0), /is empty/, /cut off/],
  ['a web page', Buffer.from('\n<!DOCTYPE html><title>404</title>'), /web page/, /browser/],
  ['a damaged qcow2', Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'), /damaged qcow2/, /again/],
])('%s is refused', async (_, contents, message, hint) => {
  using folder = temporaryFolder();
  lay(folder, 'image.raw', contents);
  const refusal = await refusalOf(search(folder, 'image.raw'));
  expect(refusal.code).toBe('image-unsuitable');
  expect(refusal.message).toMatch(message);
  expect(refusal.hint).toMatch(hint);
});

test('a folder is refused', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'image.raw'));
  const refusal = await refusalOf(search(folder, 'image.raw'));
  expect(refusal).toMatchObject({ code: 'image-unsuitable' });
  expect(refusal.message).toContain('is a folder');
});

test('a qcow2 that stands alone serves, one that reads another file does not', async (context) => {
  needsOfTest(context, 'qemu');
  using folder = temporaryFolder();
  const alone = join(folder.path, 'alone.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', alone, '1M');
  const greedy = join(folder.path, 'greedy.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/passwd', greedy);
  expect(await search(folder, 'alone.qcow2')).toMatchObject({ format: 'qcow2' });
  const refusal = await refusalOf(search(folder, 'greedy.qcow2'));
  expect(refusal.message).toContain('is an overlay, over /etc/passwd');
});

test('an overlay whose image nobody names: no other image is offered', async (context) => {
  needsOfTest(context, 'qemu');
  using folder = temporaryFolder();
  const image = lay(folder, 'renamed.raw', Buffer.alloc(1024));
  const overlay = join(folder.path, 'private.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image, overlay);
  const named = await refusalOf(search(folder));
  expect(named.code).toBe('image-missing');
  expect(named.hint).toContain(`QCOW2_BACKING_FILE=${image}`);
  rmSync(image);
  const gone = await refusalOf(search(folder));
  expect(gone.message).toContain('which is gone');
  expect(gone.hint).toContain('utopia image rebase --to');
});

test('an overlay goes on with the store’s image it was made over, whatever is the default', async (context) => {
  needsOfTest(context, 'qemu');
  using folder = temporaryFolder();
  const store = join(folder.path, 'cache/utopia/images');
  mkdirSync(store, { recursive: true });
  const standard = lay(folder, 'cache/utopia/images/debian-trixie-lab.raw');
  const earlier = lay(folder, 'cache/utopia/images/debian-bookworm-lab.raw');
  const overlay = join(folder.path, 'private.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', earlier, overlay);
  expect(await search(folder)).toEqual({ path: earlier, format: 'raw', origin: 'store' });
  // A file of somebody else's choice is not: whoever made the overlay would choose what is read.
  const planted = lay(folder, 'planted.raw');
  qemuImg('create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', planted, overlay);
  expect(await search(folder)).toMatchObject({ path: standard });
  rmSync(earlier);
  qemuImg('create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', earlier, overlay, '1M');
  expect(await search(folder)).toMatchObject({ path: standard });
});

test('the image that was the default before is used where the default of today is not built', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'cache/utopia/images'), { recursive: true });
  const earlier = lay(folder, 'cache/utopia/images/debian-bookworm-lab.raw');
  expect(await search(folder)).toMatchObject({ path: earlier, origin: 'store' });
  const standard = lay(folder, 'cache/utopia/images/debian-trixie-lab.raw');
  expect(await search(folder)).toMatchObject({ path: standard });
});
