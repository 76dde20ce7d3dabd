import { describe, expect, test } from 'vitest';
import { checkJson } from '../../../src/system/json-file.ts';
import {
  compareStates,
  manifestShape,
  type VmStateManifest,
} from '../../../src/vmstate/manifest.ts';

const saved: VmStateManifest = {
  schema: 1,
  savedAt: '2026-11-23T08:00:00.000Z',
  stateFile: 'private.qcow2.vmstate',
  stateBytes: 5,
  qemuVersion: '7.2.22',
  machineType: 'pc-i440fx-7.2',
  accelerator: 'tcg',
  cpuModel: 'default',
  cpus: 2,
  memoryMiB: 1024,
  hardware: ['random number device', 'generation id'],
  argv: ['-m', '1024M'],
  disks: [{ path: '/lab/private.qcow2', bytes: 10, mtimeNs: '1700000000000000001', inode: '7' }],
  mounts: [],
};

function parseManifest(text: string): VmStateManifest | undefined {
  const reading = checkJson(text, manifestShape);
  return reading.kind === 'read' ? reading.value : undefined;
}

test('a manifest survives its text; another schema, half a file and no JSON are none', () => {
  expect(parseManifest(JSON.stringify(saved))).toEqual(saved);
  expect(parseManifest(JSON.stringify({ ...saved, agent: true }))?.agent).toBe(true);
  expect(parseManifest(JSON.stringify({ ...saved, schema: 2 }))).toBeUndefined();
  expect(parseManifest(JSON.stringify({ ...saved, disks: undefined }))).toBeUndefined();
  expect(parseManifest(JSON.stringify(saved).slice(0, 40))).toBeUndefined();
});

describe('what keeps a state from going on', () => {
  const differences = (change: Partial<VmStateManifest>): string[] =>
    compareStates(saved, { ...saved, ...change }).map(({ what }) => what);

  test('nothing, when all is as it was', () => {
    expect(differences({})).toEqual([]);
  });

  test.each([
    ['qemu', { qemuVersion: '8.2.0' }],
    ['accelerator', { accelerator: 'kvm' }],
    ['processor', { cpuModel: 'host' }],
    ['processor', { cpus: 4 }],
    ['memory', { memoryMiB: 2048 }],
    ['devices', { hardware: ['random number device'] }],
    ['devices', { hardware: [...saved.hardware, 'QEMU arguments -device edu'] }],
    ['devices', { hardware: saved.hardware.toReversed() }],
    ['disk', { disks: [] }],
  ] satisfies [string, Partial<VmStateManifest>][])('%s: %o', (what, change) => {
    expect(differences(change)).toEqual([what]);
  });

  test.each([{ bytes: 11 }, { mtimeNs: '1700000000000000002' }, { inode: '8' }])(
    'a disk with %o',
    (change) => {
      const disks = saved.disks.map((disk) => ({ ...disk, ...change }));
      expect(differences({ disks })).toEqual(['disk']);
    },
  );

  test('the sentence has both values', () => {
    const [difference] = compareStates(saved, { ...saved, qemuVersion: '8.2.0' });
    expect(difference?.text).toBe('QEMU: 7.2.22 when it was saved, 8.2.0 now.');
  });
});
