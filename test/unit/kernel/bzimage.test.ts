import { expect, test } from 'vitest';
import { parseImageHead } from '../../../src/kernel/bzimage.ts';
import { kernelImage } from '../../support/kernel-image.ts';

function head(change: (bytes: Buffer) => void = () => {}): Buffer {
  const bytes = kernelImage('6.1.187-lab');
  change(bytes);
  return bytes;
}

test('the head of an image names its release, its width and its payload', () => {
  const bytes = head();
  expect(parseImageHead(bytes, bytes.length)).toEqual({
    version: '6.1.187-lab',
    banner: '6.1.187-lab (root@host) #1 SMP',
    is64Bit: true,
    payload: { offset: 1032, bytes: 16 },
  });
});

test.each<[string, (bytes: Buffer) => void, RegExp]>([
  ['an ELF file', (bytes) => bytes.write('\x7fELF', 0, 'latin1'), /vmlinux/],
  ['a file without the magic', (bytes) => bytes.write('Hdr0', 0x202, 'latin1'), /no kernel image/],
  ['a pointer to nothing', (bytes) => bytes.writeUInt16LE(0, 0x20e), /no version/],
  ['a version of escape sequences', (bytes) => bytes.write('6.\x1b[2J\0', 0x300), /no version/],
])('%s is refused', (_what, change, expected) => {
  const bytes = head(change);
  expect(parseImageHead(bytes, bytes.length)).toMatch(expected);
});

test('an image that is cut short is refused with both sizes', () => {
  const bytes = head();
  expect(parseImageHead(bytes, bytes.length - 1)).toBe('it is cut short: 1055 bytes of 1056.');
  expect(parseImageHead(bytes.subarray(0, 300), 300)).toMatch(/no kernel image/);
});
