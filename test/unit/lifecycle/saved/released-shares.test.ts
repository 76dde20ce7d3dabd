import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  forgetReleased,
  noteReleased,
  readReleased,
} from '../../../../src/lifecycle/saved/released-shares.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const qemu = { pid: 812, startTicks: 4711, bootId: 'boot' };
const mounts = [{ source: 'shared', target: '/home/user/shared', options: 'rw,trans=virtio' }];

test('what a guest lacks is known until it is brought back, for that QEMU alone', async () => {
  using folder = temporaryFolder();
  const paths = { runtimeDir: folder.path };
  expect(await readReleased(paths, qemu)).toBeUndefined();
  await noteReleased(paths, qemu, { mounts, agent: true });
  expect(await readReleased(paths, qemu)).toEqual({ mounts, agent: true });
  expect(await readReleased(paths, { ...qemu, startTicks: 4712 })).toBeUndefined();
  // Nothing but the right time.
  await noteReleased(paths, qemu, { mounts: [] });
  expect(await readReleased(paths, qemu)).toEqual({ mounts: [] });
  await forgetReleased(paths);
  expect(await readReleased(paths, qemu)).toBeUndefined();
});

test('a note of an older utopia counts, half a note is refused', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'released-shares.json');
  writeFileSync(file, JSON.stringify({ schema: 1, qemu, mounts }));
  expect(await readReleased({ runtimeDir: folder.path }, qemu)).toEqual({ mounts });
  writeFileSync(file, JSON.stringify({ schema: 1, qemu }).slice(0, -1));
  await expect(readReleased({ runtimeDir: folder.path }, qemu)).rejects.toMatchObject({
    code: 'state-unfit',
    details: expect.arrayContaining([`${file}: it is no JSON, or cut short.`]),
  });
});
