import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recogniseVolume } from '../../../../src/image/disks/contents.ts';
import { openDisk } from '../../../../src/image/disks/open-disk.ts';
import { readPartitionTable } from '../../../../src/image/disks/partitions.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { needsOfHost } from '../../../support/requirements.ts';

// Every file system is made by its own tool, where the host has it.
const path = ['/usr/sbin', '/sbin', process.env['PATH']].join(':');
function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { env: { ...process.env, PATH: path }, stdio: 'pipe' });
}
function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { env: { PATH: path } });
    return true;
  } catch {
    return false;
  }
}

const makers = [
  ['ext2', 'ext2', 'mke2fs', ['-q', '-t', 'ext2', '-L', 'άσκηση']],
  ['ext3', 'ext3', 'mke2fs', ['-q', '-t', 'ext3', '-L', 'άσκηση']],
  ['ext4', 'ext4', 'mke2fs', ['-q', '-t', 'ext4', '-L', 'άσκηση']],
  ['fat', 'vfat', 'mkfs.vfat', ['-n', 'LAB']],
  ['fat32', 'vfat', 'mkfs.vfat', ['-F', '32', '-n', 'LAB']],
  ['xfs', 'xfs', 'mkfs.xfs', ['-q', '-L', 'lab']],
  ['btrfs', 'btrfs', 'mkfs.btrfs', ['-q', '-L', 'lab']],
  ['ntfs', 'ntfs', 'mkfs.ntfs', ['-q', '-F', '-f']],
  ['minix', 'minix', 'mkfs.minix', []],
  ['minix 3', 'minix', 'mkfs.minix', ['-3']],
  ['swap', 'swap', 'mkswap', ['-q', '-L', 'lab']],
] as const;

describe('file systems', () => {
  test.each(makers.filter(([, , program]) => has(program)))(
    '%s',
    async (_what, name, program, args) => {
      using folder = temporaryFolder();
      const image = join(folder.path, 'image');
      writeFileSync(image, '');
      truncateSync(image, 320e6);
      run(program, ...args, image);
      await using disk = await openDisk(image, 'raw');
      const volume = await recogniseVolume(disk.read);
      expect(volume.filesystem).toBe(name);
      const label = /(?:-L|-n),([^,]+)/.exec(args.join(','))?.[1];
      expect(volume.label).toBe(label);
    },
  );

  test('nothing that is known, an empty label, a label that would speak to the terminal', async () => {
    using folder = temporaryFolder();
    const image = join(folder.path, 'image');
    writeFileSync(image, Buffer.alloc(4096, 'x'));
    {
      await using disk = await openDisk(image, 'raw');
      expect(await recogniseVolume(disk.read)).toEqual({ filesystem: undefined, label: undefined });
    }
    truncateSync(image, 8e6);
    run('mke2fs', '-q', '-F', '-t', 'ext2', '-L', '\u001B[31mred', image);
    await using disk = await openDisk(image, 'raw');
    expect((await recogniseVolume(disk.read)).label).toBe('?[31mred');
  });
});

describe('partition tables', () => {
  test.each(['dos', 'gpt'] as const)('%s, with a file system in the second', async (kind) => {
    using folder = temporaryFolder();
    const image = join(folder.path, 'image');
    writeFileSync(image, '');
    truncateSync(image, 64e6);
    execFileSync('sfdisk', ['-q', image], {
      input: `label: ${kind}\nstart=2048, size=8192\nstart=16384, size=65536\n`,
      env: { PATH: path },
    });
    run('mke2fs', '-q', '-F', '-t', 'ext2', '-L', 'two', '-E', 'offset=8388608', image, '32M');
    await using disk = await openDisk(image, 'raw');
    expect((await recogniseVolume(disk.read)).filesystem).toBeUndefined();
    const table = await readPartitionTable(disk.read, 64e6);
    expect(table).toEqual({
      kind,
      partitions: [
        { number: 1, startBytes: 2048 * 512, bytes: 8192 * 512 },
        { number: 2, startBytes: 16384 * 512, bytes: 65536 * 512 },
      ],
    });
    expect(await recogniseVolume(disk.read, 16384 * 512)).toEqual({
      filesystem: 'ext2',
      label: 'two',
    });
  });

  test('a file system’s own boot sector, text and nothing are no table', async () => {
    for (const first of ['x'.repeat(512), '', `${'x'.repeat(510)}\u0055\u00AA`]) {
      const bytes = Buffer.from(first, 'latin1');
      const read = async (offset: number, length: number): Promise<Buffer> =>
        bytes.subarray(offset, offset + length);
      expect(await readPartitionTable(read, 1e6)).toBeUndefined();
    }
  });
});

describe('qcow2', () => {
  needsOfHost('qemu');
  test.each([[[]], [['-c']]])(
    'reads as its raw twin does (qemu-img convert %s)',
    async (options) => {
      using folder = temporaryFolder();
      const raw = join(folder.path, 'raw');
      const qcow2 = join(folder.path, 'qcow2');
      writeFileSync(raw, '');
      truncateSync(raw, 20 * 2 ** 20);
      run('mke2fs', '-q', '-F', '-t', 'ext2', '-L', 'lab', raw);
      run('qemu-img', 'convert', '-O', 'qcow2', ...options, raw, qcow2);
      await using one = await openDisk(raw, 'raw');
      await using two = await openDisk(qcow2, 'qcow2');
      expect(await recogniseVolume(two.read)).toEqual({ filesystem: 'ext2', label: 'lab' });
      for (const [offset, length] of [
        [0, 70_000],
        [65_000, 200_000],
        [8_400_000, 5000],
        [20 * 2 ** 20 - 1000, 5000],
      ] as const) {
        expect((await two.read(offset, length)).equals(await one.read(offset, length))).toBe(true);
      }
    },
  );
});
