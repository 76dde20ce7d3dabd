import { expect, test } from 'vitest';
import { describeBuiltQemu, type BuiltQemu } from '../../../src/ui/built-qemu.ts';

const places = { cwd: '/src/qemu', home: '/home/alice' };
const built: BuiltQemu = {
  ...{ version: '9.2.0', binary: '/opt/qemu/bin/qemu-system-x86_64', prefix: '/opt/qemu' },
  ...{ ms: 60_000, features: ['virtfs', 'slirp', 'vnc', 'kvm'], missingDevices: [] },
  ...{ firmware: [], warningCount: 0, booted: true, untried: undefined, isUsable: true },
};

test('one that has everything says what leads on', () => {
  expect(describeBuiltQemu(built, places, 80)).toEqual([
    'QEMU 9.2.0 in 60.0 s: virtfs, slirp, vnc, kvm',
    '  binary    /opt/qemu/bin/qemu-system-x86_64',
    '  tried     a machine boots with it',
    '  next      utopia qemu use /opt/qemu',
  ]);
});

test('what is missing, and what was not tried, has a row of its own', () => {
  const poor = { features: ['vnc'], missingDevices: ['virtio-9p-pci'], warningCount: 3 };
  const untried = { booted: false, untried: 'no room', isUsable: false };
  expect(describeBuiltQemu({ ...built, ...poor, ...untried }, places, 80)).toEqual([
    'QEMU 9.2.0 in 60.0 s: vnc',
    '  without   virtfs, slirp, kvm, virtio-9p-pci',
    '  binary    /opt/qemu/bin/qemu-system-x86_64',
    '  warnings  3',
    '  tried     a guest of seven bytes alone: no room',
  ]);
});
