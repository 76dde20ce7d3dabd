import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DiskSetting } from '../../../../src/config/machine-config.ts';
import { UtopiaError } from '../../../../src/errors.ts';
import { findHostUse } from '../../../../src/image/disks/host-use.ts';
import { inspectDisks } from '../../../../src/image/disks/inspect.ts';
import { createOverlayFile } from '../../../../src/image/qemu-img.ts';
import { findLockHolder } from '../../../../src/image/file-locks.ts';
import { needsOfTest } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const signal = new AbortController().signal;

async function refusal(
  folder: string,
  ...disks: readonly Partial<DiskSetting>[]
): Promise<UtopiaError> {
  const root = {
    privateFile: join(folder, 'private.qcow2'),
    backingFile: join(folder, 'base.raw'),
  };
  const settings = disks.map((disk, index) => ({
    path: '',
    mode: 'snapshot' as const,
    name: `d${index}`,
    ...disk,
  }));
  try {
    await inspectDisks(settings, root);
  } catch (error) {
    if (error instanceof UtopiaError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('what is not there, packed, empty, a folder, a page, an overlay, the root disk', async () => {
  using folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  writeFileSync(at('private.qcow2'), 'x');
  writeFileSync(at('base.raw'), 'x');
  writeFileSync(at('fs.img.gz'), gzipSync('x'));
  writeFileSync(at('empty.img'), '');
  writeFileSync(at('page.img'), '<!DOCTYPE html><p>404');
  mkdirSync(at('folder'));
  symlinkSync(at('private.qcow2'), at('link'));

  const cases = [
    ['none.img', 'image-missing', /does not exist/, /Correct the path/],
    ['fs.img', 'image-missing', /packed it does/, /^gunzip -k .*fs\.img\.gz$/],
    ['fs.img.gz', 'image-unsuitable', /is packed \(gzip\)/, /gunzip -k/],
    ['empty.img', 'image-unsuitable', /is empty/, /truncate -s/],
    ['page.img', 'image-unsuitable', /web page/, /browser/],
    ['folder', 'image-unsuitable', /is a folder/, /SHARED_FS_DIR/],
    ['link', 'image-unsuitable', /root disk already/, /a copy/],
    ['base.raw', 'image-unsuitable', /this machine stands on/, /a copy/],
    ['folder/below/x', 'image-missing', /does not exist/, /Correct/],
  ] as const;
  for (const [name, code, message, hint] of cases) {
    const error = await refusal(folder.path, { path: at(name) });
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(at(name));
    expect(error.hint).toMatch(hint);
  }
});

test('the same file twice, under two names', async () => {
  using folder = temporaryFolder();
  const first = join(folder.path, 'a.img');
  writeFileSync(first, 'x'.repeat(1024));
  linkSync(first, join(folder.path, 'b.img'));
  const error = await refusal(folder.path, { path: first }, { path: join(folder.path, 'b.img') });
  expect(error.message).toMatch(/d0 and d1 are the same file/);
});

test('a file that may not be written to is refused for :rw alone', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'a.img');
  writeFileSync(path, 'x'.repeat(1024));
  // Modes do not stop root; an immutable file does.
  const root = process.getuid?.() === 0;
  if (root) execFileSync('chattr', ['+i', path]);
  else chmodSync(path, 0o400);
  try {
    const error = await refusal(folder.path, { path, mode: 'rw' });
    expect(error.message).toContain('written to by you');
  } finally {
    if (root) execFileSync('chattr', ['-i', path]);
  }
});

test('formats, and an overlay as a disk', async (context) => {
  needsOfTest(context, 'qemu');
  using folder = temporaryFolder();
  const raw = join(folder.path, 'a.img');
  const overlay = join(folder.path, 'b.img');
  writeFileSync(raw, '');
  truncateSync(raw, 3e6);
  await createOverlayFile({ imgBinary: 'qemu-img', signal }, overlay, { path: raw, format: 'raw' });
  const error = await refusal(folder.path, { path: overlay });
  expect(error.message).toContain(`is an overlay, over ${raw}`);
  const root = { privateFile: join(folder.path, 'none'), backingFile: undefined };
  const disks = await inspectDisks([{ path: raw, mode: 'rw', name: 'a' }], root);
  expect(disks).toEqual([{ path: raw, mode: 'rw', name: 'a', format: 'raw', bytes: 3e6 }]);
});

test.for([
  ['', ['any-use', 'writing']],
  [',readonly=on', ['any-use']],
  [',snapshot=on', ['any-use']],
] as const)('a machine with file=…%s hinders %s', async ([option, hindered], context) => {
  needsOfTest(context, 'qemu');
  using folder = temporaryFolder();
  const path = join(folder.path, 'a.img');
  writeFileSync(path, '');
  truncateSync(path, 1e6);
  const machine = spawn(
    'qemu-system-x86_64',
    [
      '-S',
      '-accel',
      'tcg',
      '-display',
      'none',
      '-nodefaults',
      '-device',
      'virtio-blk-pci,drive=x',
    ].concat(['-drive', `file=${path},format=raw,if=none,id=x${option}`]),
    { stdio: 'ignore' },
  );
  try {
    while ((await findLockHolder(path)) === undefined) {
      if (machine.exitCode !== null) throw new Error(`QEMU ended: ${machine.exitCode}`);
      await sleep(50);
    }
    const all = ['any-use', 'writing'] as const;
    const found = await Promise.all(all.map((question) => findLockHolder(path, question)));
    expect(all.filter((_, index) => found[index] !== undefined)).toEqual(hindered);
    const error = await refusal(folder.path, { path, mode: 'rw' });
    expect(error).toMatchObject({ code: 'image-in-use' });
    expect(error.message).toContain(`pid ${machine.pid}`);
  } finally {
    machine.kill('SIGKILL');
  }
});

test('a loop device that the host may write through, mounted or not', async () => {
  using root = temporaryFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(join(root.path, path, '..'), { recursive: true });
    writeFileSync(join(root.path, path), text);
  };
  write(
    'proc/self/mounts',
    '/dev/loop10p1 /mnt/other ext2 rw 0 0\n/dev/loop1p1 /mnt/my\\040disk ext2 rw 0 0\n',
  );
  write('sys/block/loop1/loop/backing_file', '/lab/a.img\n');
  write('sys/block/loop1/ro', '0\n');
  write('sys/block/loop2/loop/backing_file', '/lab/b.img\n');
  write('sys/block/loop2/ro', '1\n');
  write('sys/block/sda/ro', '0\n');
  expect(await findHostUse('/lab/a.img', root.path)).toEqual({
    device: '/dev/loop1',
    mountPoint: '/mnt/my disk',
  });
  expect(await findHostUse('/lab/b.img', root.path)).toBeUndefined();
  expect(await findHostUse('/dev/loop1', root.path)).toMatchObject({ device: '/dev/loop1p1' });
  expect(await findHostUse('/dev/loop', root.path)).toBeUndefined();
});
