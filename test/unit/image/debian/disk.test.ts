import { expect, test } from 'vitest';
import { bootArea, partitionStartBytes } from '../../../../src/image/debian/disk.ts';

const bootImage = new Uint8Array(512).fill(0xeb);
const coreImage = new Uint8Array(1000).fill(7);

test('a label with one active Linux partition that fills the disk', () => {
  const area = bootArea(8 * 1024 ** 3, 0x1234_5678, { bootImage, coreImage });
  expect(area.length).toBe(1512);
  expect(area[439]).toBe(0xeb);
  expect(area.readUInt32LE(440)).toBe(0x1234_5678);
  expect(area[446]).toBe(0x80);
  expect(area[450]).toBe(0x83);
  expect(area.readUInt32LE(454)).toBe(2048);
  expect(area.readUInt32LE(458)).toBe((8 * 1024 ** 3) / 512 - 2048);
  expect([...area.subarray(510, 513)]).toEqual([0x55, 0xaa, 7]);
});

test('what does not fit is refused', () => {
  const big = new Uint8Array(partitionStartBytes);
  expect(() => bootArea(8e9, 1, { bootImage, coreImage: big })).toThrow(RangeError);
  expect(() => bootArea(3 * 1024 ** 4, 1, { bootImage, coreImage })).toThrow(RangeError);
});
