import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  namedFiles,
  warmBaseKey,
  whyNeverWarm,
} from '../../../../src/lifecycle/saved/warm-base-key.ts';
import { planMachine, type PlannedDisk } from '../../../../src/machine/plan.ts';
import { samplePlanInput } from '../../machine/sample-plan.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

type Changes = Parameters<typeof samplePlanInput>[0];

/** Gives the keys of machines on one image and QEMU, which are files of this folder. */
function keysIn(folder: string): (changes?: Changes) => Promise<string | undefined> {
  const [binary, image] = [join(folder, 'qemu'), join(folder, 'image.raw')];
  writeFileSync(binary, '');
  writeFileSync(image, '');
  return async (changes = {}) => {
    const plan = planMachine(samplePlanInput(changes));
    return await warmBaseKey(plan, { binary, version: '7.2.22' }, image);
  };
}

test('what only the host sees changes nothing: screen, share, ports, overlay', async () => {
  using folder = temporaryFolder();
  const keyOf = keysIn(folder.path);
  const changes = { vnc: undefined, sharedDir: '/other', overlay: '/other/private.qcow2' };
  expect(await keyOf()).toMatch(/^[\da-f]{16}$/);
  expect(await keyOf(changes)).toBe(await keyOf());
  expect(await keyOf({ sensors: { kind: 'sim', faults: [] } })).not.toBe(await keyOf());
});

test('a disk that is written to and one whose layer is thrown away look the same', async () => {
  using folder = temporaryFolder();
  const keyOf = keysIn(folder.path);
  const path = join(folder.path, 'disk.img');
  writeFileSync(path, 'one');
  const disk = (mode: PlannedDisk['mode']): PlannedDisk =>
    ({ path, file: path, mode, name: 'one', format: 'raw', ownFormat: 'raw' }) as const;
  const before = await keyOf({ disks: [disk('rw')] });
  expect(await keyOf({ disks: [disk('snapshot')] })).toBe(before);
  expect(await keyOf({ disks: [disk('ro')] })).not.toBe(before);
  // As a guest would.
  writeFileSync(path, 'two');
  utimesSync(path, 1, 1);
  expect(await keyOf({ disks: [disk('rw')] })).not.toBe(before);
});

test('a kernel that was built again is another machine', async () => {
  using folder = temporaryFolder();
  const keyOf = keysIn(folder.path);
  const kernel = join(folder.path, 'bzImage');
  writeFileSync(kernel, 'one');
  mkdirSync(join(folder.path, 'modules'));
  const extraArgs = ['-kernel', kernel, '-append', `root=/dev/vda1 lab=${folder.path}/modules`];
  const before = await keyOf({ extraArgs });
  expect(await keyOf({ extraArgs })).toBe(before);
  writeFileSync(kernel, 'two');
  utimesSync(kernel, 1, 1);
  expect(await keyOf({ extraArgs })).not.toBe(before);
});

test('files are found in the middle of an argument', () => {
  expect(namedFiles(['-kernel', '/boot/a b', '-drive', 'if=virtio,file=/lab/c.img', 'x'])).toEqual([
    '/boot/a b',
    '/lab/c.img',
  ]);
});

test('a QEMU without virtio-serial has no base', async () => {
  using folder = temporaryFolder();
  expect(await keysIn(folder.path)({ devices: ['virtio-blk-pci'] })).toBeUndefined();
});

test('a machine whose memory its user lays out has no warm base', async () => {
  using folder = temporaryFolder();
  const keyOf = keysIn(folder.path);
  expect(await keyOf({ extraArgs: ['-m', '2G'] })).toBeUndefined();
  expect(await keyOf({ extraArgs: ['-monitor', 'none'] })).toBeDefined();
  const plan = planMachine(samplePlanInput({ extraArgs: ['-numa', 'node'] }));
  expect(whyNeverWarm(plan)).toContain('-numa');
  expect(whyNeverWarm({ ...plan, agentSocket: undefined })).toContain('virtio-serial');
});
