import { expect, test } from 'vitest';
import { readPixmap } from '../../../src/qmp/pixmap.ts';

const pixels = Uint8Array.from([255, 0, 0, 0, 0, 255]);
const pixmap = (head: string, data: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(head), data]);

test('a screen as QEMU writes it', () => {
  expect(readPixmap(pixmap('P6\n2 1\n255\n', pixels))).toEqual({
    width: 2,
    height: 1,
    data: Buffer.from(pixels),
  });
});

test.each([
  ['another format', 'P5\n2 1\n255\n'],
  ['sixteen bits a colour', 'P6\n2 1\n65535\n'],
  ['half a picture', 'P6\n2 2\n255\n'],
  ['nothing at all', ''],
  ['no size', 'P6\n0 0\n255\n'],
])('%s is refused', (_what, head) => {
  expect(readPixmap(pixmap(head, pixels))).toBeUndefined();
});
