import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { mountScript, readMounting } from '../../../../src/lifecycle/rescue/rescue-mount-script.ts';

test('what the fresh guest says of the disk', () => {
  expect(readMounting('@mounted read-write\n@device /dev/vdb1\n')).toEqual({
    device: '/dev/vdb1',
    access: 'read-write',
    trouble: undefined,
    check: undefined,
  });
  const broken = `@status 4
@check /dev/vdb1: ***** FILE SYSTEM STILL HAS ERRORS *****
@mounted read-only
@why mount: /mnt/broken: wrong fs type
@device /dev/vdb1
`;
  expect(readMounting(broken)).toEqual({
    device: '/dev/vdb1',
    access: 'read-only',
    trouble: 'mount: /mnt/broken: wrong fs type',
    check: { status: 4, lines: ['/dev/vdb1: ***** FILE SYSTEM STILL HAS ERRORS *****'] },
  });
  expect(readMounting('@mounted read-write')).toBeUndefined();
  expect(readMounting('@mounted everywhere\n@device x')).toBeUndefined();
});

test('the script is one that a shell understands', () => {
  for (const check of [true, false]) {
    const words = mountScript('/dev/vdb1', check);
    execFileSync('sh', ['-n', '-c', words]);
    const inner = execFileSync('sh', ['-c', words.replace(/^exec sh -c/, 'printf %s')], {
      encoding: 'utf8',
    });
    execFileSync('sh', ['-n', '-c', inner]);
    expect(inner.includes('e2fsck')).toBe(check);
  }
});
