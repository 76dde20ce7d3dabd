import { expect, test } from 'vitest';
import { canPlaceModules, kernelLine } from '../../../src/machine/kernel-line.ts';

const modules = { file: '/store/lab/modules.ext4', stamp: '' };
const kernel = { name: 'lab', version: '6.1.192-lab', image: '/store/lab/bzImage' };

test.each([
  [0, 'vdb'],
  [2, 'vdd'],
  [24, 'vdz'],
  [25, 'vdaa'],
  [51, 'vdba'],
])('beside %i exercise disks the modules are mounted from %s', (disks, device) => {
  expect(kernelLine({ ...kernel, append: 'root=/dev/vda1 rw', modules }, disks)).toBe(
    `root=/dev/vda1 rw init=/bin/sh -- -c "mkdir -p /lib/modules/6.1.192-lab; mount -t ext4 -r /dev/${device} /lib/modules/6.1.192-lab; exec /sbin/init"`,
  );
});

test('a kernel without modules is told no more than its words', () => {
  expect(kernelLine({ ...kernel, append: 'root=/dev/vda1 rw' }, 0)).toBe('root=/dev/vda1 rw');
});

test.each(['x init=/bin/bash', 'rdinit=/sh', 'quiet -- single', 'quiet --'])(
  'words that start something else first (%s) are left alone',
  (append) => {
    expect(canPlaceModules(append)).toBe(false);
    expect(kernelLine({ ...kernel, append, modules }, 0)).toBe(append);
  },
);

test.each(['noinit=1', 'x.init=y', 'a--b', 'initcall_debug'])(
  '%s starts nothing else',
  (append) => {
    expect(canPlaceModules(append)).toBe(true);
  },
);
