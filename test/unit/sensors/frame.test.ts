import { array, assert, integer, nat, property, record, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc16, createSplitter, decodeFrame, encodeFrame } from '../../../src/sensors/frame.ts';
import {
  convertReading,
  decodeReading,
  encodeReading,
} from '../../../src/sensors/sensor-reading.ts';

/** A frame of a real capture: node 2, 3.372 V, 29.074 °C. */
const reference = Buffer.from(
  '7e427d5e000b841b000002000000339181000073011f02910180019d018d01f6019601a73b7e',
  'hex',
);

const packets = record({
  amType: integer({ min: 0, max: 255 }),
  payload: uint8Array({ maxLength: 255 }).map((bytes) => Buffer.from(bytes)),
});

function sameBytes(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => Buffer.from(frame).toString('hex'));
}

describe('the reference frame', () => {
  test('is read', () => {
    const packet = decodeFrame(reference);
    if (typeof packet === 'string') throw new Error(packet);
    const reading = decodeReading(packet);
    expect(reading).toEqual({ node: 2, battery: 371, temperature: 543, light: 401 });
    expect(reading && convertReading(reading)).toEqual({
      batteryMilli: 3372,
      temperatureMilli: 29074,
      lightMilli: 30594,
    });
  });

  test('is written, byte for byte', () => {
    const raw = { node: 2, battery: 371, temperature: 543, light: 401 };
    expect(encodeFrame(encodeReading(raw)).toString('hex')).toBe(reference.toString('hex'));
  });
});

test.each([
  [529, 27693],
  [530, 27791],
])('raw %i is %i, as in published runs', (temperature, expected) => {
  const reading = { node: 1, battery: 371, temperature, light: 0 };
  expect(convertReading(reading).temperatureMilli).toBe(expected);
});

test('the CRC is CRC-16/XMODEM', () => {
  // Check value of the catalogue of parametrised CRC algorithms.
  expect(crc16(Buffer.from('123456789'))).toBe(0x31c3);
});

test('every packet comes back, and has no flag within', () => {
  assert(
    property(packets, (packet) => {
      const frame = encodeFrame(packet);
      expect(frame.subarray(1, -1).includes(0x7e)).toBe(false);
      expect(decodeFrame(frame)).toEqual(packet);
    }),
  );
});

test('a changed byte is never taken for the packet', () => {
  assert(
    property(packets, nat(), integer({ min: 1, max: 255 }), (packet, place, change) => {
      const frame = encodeFrame(packet);
      const at = 1 + (place % (frame.length - 2));
      frame[at] = (frame[at] ?? 0) ^ change;
      expect(decodeFrame(frame)).not.toEqual(packet);
    }),
  );
});

describe('a stream', () => {
  const streams = array(packets, { maxLength: 8 });

  test('gives the same frames at whatever boundaries it is cut', () => {
    assert(
      property(streams, array(nat(), { maxLength: 20 }), (sent, cuts) => {
        const frames = sent.map((packet) => encodeFrame(packet));
        const stream = Buffer.concat(frames);
        const splitter = createSplitter();
        const places = cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b);
        const received = [0, ...places].flatMap((from, index) =>
          splitter.push(stream.subarray(from, places[index] ?? stream.length)),
        );
        expect(sameBytes(received)).toEqual(sameBytes(frames));
        expect(splitter.strayBytes).toBe(0);
      }),
    );
  });

  test('joined anywhere, or cut anywhere, brings every later frame whole', () => {
    assert(
      property(packets, packets, nat(), (broken, whole, place) => {
        const first = encodeFrame(broken);
        const second = encodeFrame(whole);
        const joined = createSplitter().push(
          Buffer.concat([first.subarray(place % first.length), second]),
        );
        expect(sameBytes(joined).at(-1)).toBe(second.toString('hex'));
        const cut = createSplitter().push(
          Buffer.concat([first.subarray(0, place % first.length), second]),
        );
        expect(sameBytes(cut).at(-1)).toBe(second.toString('hex'));
      }),
    );
  });

  test('of noise gives no frame with a right CRC, and holds on to nothing', () => {
    const splitter = createSplitter();
    const frames = splitter.push(Buffer.alloc(100_000, 'noise'));
    expect(frames).toEqual([]);
    splitter.push(Buffer.concat([Buffer.from([0x7e, 0x42]), Buffer.alloc(100_000, 'x')]));
    expect(splitter.strayBytes).toBeGreaterThan(199_000);
    expect(splitter.push(reference)).toHaveLength(1);
  });
});
