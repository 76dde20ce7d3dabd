import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRootDevice } from '../../../../src/lifecycle/launch/disk-volumes.ts';
import { needsOfHost } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

needsOfHost('image-tools');

const mebibyte = 1024 ** 2;

/** A disk of partitions of 20 MiB with these folders in each; one alone, without a table, for `bare`. */
function makeDisk(folder: string, label: 'dos' | 'gpt' | 'bare', parts: readonly string[][]) {
  const disk = join(folder, 'disk.raw');
  writeFileSync(disk, '');
  truncateSync(disk, (20 * parts.length + 3) * mebibyte);
  const starts = parts.map((_part, index) => (label === 'bare' ? 0 : 20 * index + 1));
  if (label !== 'bare') {
    const lines = starts.map((start) => `start=${start}MiB, size=20MiB, type=linux\n`);
    const input = `label: ${label}\n${lines.join('')}`;
    execFileSync('sfdisk', ['-q', disk], { input, stdio: ['pipe', 'ignore', 'pipe'] });
  }
  for (const [index, folders] of parts.entries()) {
    const tree = join(folder, `tree-${index}`);
    for (const each of folders) mkdirSync(join(tree, each), { recursive: true });
    const place = ['-E', `offset=${(starts[index] ?? 0) * mebibyte}`, '-d', tree, disk, '18M'];
    execFileSync('mke2fs', ['-q', '-t', 'ext4', ...place], { stdio: 'pipe' });
  }
  return { path: disk, format: 'raw' } as const;
}

const system = ['etc', 'usr', 'boot'];

test.each<[string, 'dos' | 'gpt' | 'bare', string[][], string | undefined]>([
  ['one partition', 'dos', [system], '/dev/vda1'],
  ['/boot before the system', 'gpt', [['grub'], system], '/dev/vda2'],
  ['a system behind two others', 'dos', [['data'], ['home'], system], '/dev/vda3'],
  ['no partitions', 'bare', [system], '/dev/vda'],
  ['two file systems that hold no system', 'dos', [['data'], ['home']], undefined],
])('%s', async (_what, label, parts, device) => {
  using folder = temporaryFolder();
  expect(await findRootDevice(makeDisk(folder.path, label, parts))).toBe(device);
});

test('a disk that cannot be read has no root that is known', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'noise.raw');
  writeFileSync(path, Buffer.alloc(5 * mebibyte, 'noise'));
  expect(await findRootDevice({ path, format: 'raw' })).toBeUndefined();
  expect(await findRootDevice({ path: `${path}.none`, format: 'raw' })).toBeUndefined();
  expect(await findRootDevice({ path, format: 'qcow2' })).toBeUndefined();
});
