import { expect, test } from 'vitest';
import { kernelArguments } from '../../../src/image/debian/files-boot.ts';
import { directKernelArguments, ownKernelWords } from '../../../src/text/kernel-words.ts';

// On a host with a load of twenty the fifth of ten boots of trixie ended in that panic.
test('no kernel of ours tests its timer, which a busy host delivers late', () => {
  for (const words of [kernelArguments, directKernelArguments]) {
    expect(words.split(' ')).toContain('no_timer_check');
  }
});

test.each([
  ['of this release', directKernelArguments],
  ['of an earlier release', directKernelArguments.replace(' no_timer_check', '')],
])('a command line %s: the user’s own words are known', (_what, ours) => {
  expect(ownKernelWords(`root=/dev/vda1 ${ours} debug single`)).toBe('debug single');
  expect(ownKernelWords(`root=/dev/vda1 ${ours}`)).toBeUndefined();
});
