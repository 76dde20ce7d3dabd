import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDisk } from '../../../../src/image/disks/open-disk.ts';
import { openExtFiles, type ExtFiles } from '../../../../src/image/ext/ext-files.ts';
import { needsOfHost } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

needsOfHost('image-tools');

const partition = 1024 ** 2;

/** A disk with a file system of this kind that has these files from its second megabyte on. */
function makeDisk(folder: string, options: readonly string[]): string {
  const tree = join(folder, 'tree');
  const many = join(tree, 'many');
  mkdirSync(join(tree, 'boot'), { recursive: true });
  mkdirSync(many);
  writeFileSync(join(tree, 'boot/small'), 'hello\n');
  writeFileSync(join(tree, 'boot/big'), randomBytes(3_000_001));
  writeFileSync(join(tree, 'boot/holes'), 'end');
  truncateSync(join(tree, 'boot/holes'), 5_000_000);
  writeFileSync(join(tree, 'boot/empty'), '');
  for (let index = 0; index < 2000; index += 1) {
    writeFileSync(join(many, `a-name-that-fills-the-folder-${index}`), '');
  }
  symlinkSync('boot/small', join(tree, 'short'));
  symlinkSync('/boot/../../boot/./small', join(tree, 'absolute'));
  symlinkSync(`boot/${'./'.repeat(60)}small`, join(tree, 'long'));
  symlinkSync('loop', join(tree, 'loop'));
  symlinkSync('/etc/passwd', join(tree, 'outside'));
  const disk = join(folder, 'disk.raw');
  writeFileSync(disk, '');
  truncateSync(disk, 65 * 1024 ** 2);
  const place = ['-E', `offset=${partition}`, '-d', tree, disk, '60M'];
  execFileSync('mke2fs', ['-q', ...options, ...place], { stdio: ['ignore', 'ignore', 'pipe'] });
  return disk;
}

function debugfs(disk: string, ...args: readonly string[]): string {
  return execFileSync('debugfs', [...args, `${disk}?offset=${partition}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

async function hashOf(files: ExtFiles, path: string): Promise<string | undefined> {
  const file = await files.find(path);
  if (file === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const piece of file.read()) hash.update(piece);
  return hash.digest('hex');
}

test.each([
  ['ext4', ['-t', 'ext4', '-b', '4096']],
  ['ext4 of blocks of 1 KiB', ['-t', 'ext4', '-b', '1024']],
  ['ext4 without 64 bits', ['-t', 'ext4', '-O', '^64bit,^metadata_csum']],
  ['ext3', ['-t', 'ext3']],
  ['ext2 of blocks of 1 KiB', ['-t', 'ext2', '-b', '1024']],
])('files, folders and links of %s are those that were put in', async (_name, options) => {
  using folder = temporaryFolder();
  const disk = makeDisk(folder.path, options);
  await using opened = await openDisk(disk, 'raw');
  const files = await openExtFiles(opened.read, partition);
  if (files === undefined) throw new Error('no file system was found');

  for (const name of ['big', 'holes', 'empty', 'small']) {
    const contents = readFileSync(join(folder.path, 'tree/boot', name));
    const there = createHash('sha256').update(contents).digest('hex');
    expect([name, await hashOf(files, `/boot/${name}`)]).toEqual([name, there]);
  }
  expect(await files.list('/many')).toHaveLength(2000);
  expect(await files.list('/boot')).toEqual(['big', 'empty', 'holes', 'small']);
  for (const path of ['/short', '/absolute', '/long', '/../boot//small']) {
    expect([path, await (await files.find(path))?.text(100)]).toEqual([path, 'hello\n']);
  }
  // A link of the image leads nowhere on the host.
  for (const path of ['/loop', '/outside', '/nothing', '/boot', '/boot/small/more']) {
    expect([path, await files.find(path)]).toEqual([path, undefined]);
  }
  const big = await files.find('/boot/big');
  await expect(big?.text(1000)).rejects.toThrow(RangeError);
});

test('what only the journal has is read from there', async () => {
  using folder = temporaryFolder();
  const disk = makeDisk(folder.path, ['-t', 'ext4', '-b', '4096']);
  const block = debugfs(disk, '-R', 'blocks /boot/small');
  const [contents, steps] = [join(folder.path, 'block'), join(folder.path, 'steps')];
  writeFileSync(contents, Buffer.alloc(4096, 'world\n'));
  writeFileSync(steps, `jo\njw -b ${block} ${contents}\njc\n`);
  debugfs(disk, '-w', '-f', steps);

  await using opened = await openDisk(disk, 'raw');
  const files = await openExtFiles(opened.read, partition);
  expect(await (await files?.find('/boot/small'))?.text(100)).toBe('world\n');
});

test('an overlay shows its own blocks, and its image where it has none', async () => {
  using folder = temporaryFolder();
  const disk = makeDisk(folder.path, ['-t', 'ext4', '-b', '4096']);
  const overlay = join(folder.path, 'overlay.qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', disk, overlay]);
  await using image = await openDisk(disk, 'raw');
  const show = async (): Promise<(string | undefined)[]> => {
    await using opened = await openDisk(overlay, 'qcow2', image.read);
    const files = await openExtFiles(opened.read, partition);
    const small = await (await files?.find('/boot/small'))?.text(100);
    return [small, files && (await hashOf(files, '/boot/big'))];
  };
  const [small, big] = await show();
  expect(small).toBe('hello\n');
  const offset = partition + Number(debugfs(disk, '-R', 'blocks /boot/small')) * 4096;
  execFileSync('qemu-io', ['-c', `write -P 0x78 ${offset} 4096`, overlay], { stdio: 'ignore' });
  expect(await show()).toEqual(['xxxxxx', big]);
});

test('an image of nonsense is refused in bounded time, and never with a bug', async () => {
  using folder = temporaryFolder();
  const disk = makeDisk(folder.path, ['-t', 'ext4', '-b', '4096']);
  const bytes = readFileSync(disk).subarray(partition);
  const random = randomBytes(4096);
  for (let round = 0; round < 40; round += 1) {
    const broken = Buffer.from(bytes);
    // Superblock, descriptors and the first inodes lie in the first megabyte.
    for (let hit = 0; hit < 300; hit += 1) {
      const at = (random.readUInt16LE((round * 37 + hit * 3) % 4000) * 16 + hit) % 1024 ** 2;
      if (at > 1024 && at < 1100) continue;
      broken[at] = random[(round + hit) % 4096] ?? 0;
    }
    const read = (offset: number, length: number): Promise<Buffer> =>
      Promise.resolve(broken.subarray(offset, offset + length));
    const looked = (async () => {
      const files = await openExtFiles(read, 0);
      for (const path of ['/boot/small', '/long', '/many/x', '/boot/big']) {
        const file = await files?.find(path);
        if (file !== undefined && file.bytes < 1e7) await file.text(1e7);
      }
    })();
    await looked.catch((error: unknown) => {
      expect(error).not.toBeInstanceOf(TypeError);
      expect(String(error)).not.toContain('ERR_OUT_OF_RANGE');
    });
  }
});
