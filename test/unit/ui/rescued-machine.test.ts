import { expect, test } from 'vitest';
import { describeRescue, type ShownRescue } from '../../../src/ui/rescued-machine.ts';

const mounting = { device: '/dev/vdb1', trouble: undefined, check: undefined };
const rescue: ShownRescue = {
  ...{ disk: './private.qcow2', attach: true, mountPoint: '/mnt/broken', snapshot: undefined },
  mounting: { ...mounting, access: 'read-write' },
};
const describe = (changes: Partial<ShownRescue>): string =>
  describeRescue({ ...rescue, ...changes }, 200).join('\n');

test('the disk is found in the fresh machine, and copied out of it', () => {
  expect(describe({})).toMatch(
    /rescue +\.\/private\.qcow2 is \/mnt\/broken of a fresh machine\n +copy +utopia cp :\/mnt\/broken\//,
  );
  expect(describe({ mounting: { ...mounting, access: 'read-only' } })).toContain(
    'for reading only (utopia rescue --fsck mends it)',
  );
});

test('a disk that cannot be mounted has what mount said, and no copy', () => {
  const text = describe({ mounting: { ...mounting, access: 'none', trouble: 'bad\nsuperblock' } });
  expect(text).toContain('./private.qcow2 is /dev/vdb1 of a fresh machine, and cannot be mounted');
  expect(text).toContain('bad superblock');
  expect(text).not.toContain('utopia cp');
});

test('a guest that did not come up has its disk all the same', () => {
  expect(describe({ mounting: undefined })).toMatch(/is attached to a fresh machine\n +then /);
});

test.each([
  [0, 'found nothing to mend'],
  [1, 'has mended the file system'],
  [4, 'could not mend all'],
  [8, 'could not work on this disk'],
])('status %d of e2fsck: %s', (status, words) => {
  const check = { status, lines: ['Pass 1'] };
  const text = describe({
    ...{ mounting: { ...mounting, access: 'read-write', check }, snapshot: 'before-fsck-1' },
  });
  expect(text).toContain(words);
  expect(text).toContain('  | Pass 1');
  expect(text).toContain('before   utopia snapshot restore before-fsck-1');
});

test('without --attach it is the machine itself', () => {
  expect(describe({ attach: false, mounting: undefined })).toContain(
    'booted with the kernel of its image',
  );
});
