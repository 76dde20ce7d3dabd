import type { SimulatedFault } from '../config/machine-config.ts';
import { amTypes, encodeFrame, type Packet } from './frame.ts';
import { encodeReading, nodeCount, type RawReading } from './sensor-reading.ts';

/** Time between two frames of the simulated stream, in ms: more than the driver needs. */
export const tickMs = 125;

/** Every so many frames something of a fault happens. */
const faultEvery = 8;
/** With `silence` and `disconnect`: of every `roundTicks`, the last `silentTicks` are silent (10 of 30 s). */
const roundTicks = 240;
const silentTicks = 80;
const burstLength = 5;

/**
 * What the simulated feed sends at the tick `tick` (its time divided by `tickMs`):
 * the bytes of one write, or nothing. The same tick gives the same bytes, so that
 * `utopia sensors show` sees what the guest sees.
 */
export function simulateTick(
  tick: number,
  faults: readonly SimulatedFault[] = [],
): Buffer | undefined {
  const has = (fault: SimulatedFault): boolean => faults.includes(fault);
  const struck = (fault: SimulatedFault): boolean =>
    has(fault) && noise(tick, fault.length) < 1 / faultEvery;
  const round = tick % roundTicks;
  if ((has('silence') || has('disconnect')) && round >= roundTicks - silentTicks) {
    const last = has('disconnect') && round === roundTicks - silentTicks;
    return last ? firstHalf(encodeFrame(packetAt(tick))) : undefined;
  }
  if (struck('bad-crc')) return encodeFrame(packetAt(tick), 1);
  if (struck('truncated')) return firstHalf(encodeFrame(packetAt(tick)));
  if (struck('burst')) {
    const ticks = Array.from({ length: burstLength }, (_none, index) => tick + index);
    return Buffer.concat(ticks.map((each) => encodeFrame(packetAt(each))));
  }
  const stranger = struck('node-0') ? 0 : struck('node-17') ? nodeCount + 1 : undefined;
  if (stranger !== undefined) return encodeFrame(encodeReading(readingAt(tick, stranger)));
  return encodeFrame(packetAt(tick));
}

function firstHalf(frame: Buffer): Buffer {
  return frame.subarray(0, Math.floor(frame.length / 2));
}

/** One in seven is of type 0xFD, one in forty of type 0x03, as in a real stream; the others report in turn. */
function packetAt(tick: number): Packet {
  if (noise(tick, 1) < 1 / 7) {
    return { amType: amTypes.beacon, payload: Buffer.from([tick & 0xff, (tick >> 8) & 0xff]) };
  }
  if (noise(tick, 2) < 1 / 40) {
    const payload = Buffer.alloc(noise(tick, 3) < 0.5 ? 15 : 29);
    payload.writeUInt16LE(nodeAt(tick), 0);
    return { amType: amTypes.routing, payload };
  }
  return encodeReading(readingAt(tick, nodeAt(tick)));
}

/** All of them within sixteen ticks, in an order that looks like none. */
function nodeAt(tick: number): number {
  return ((tick * 7) % nodeCount) + 1;
}

/** Sixteen places of a building: slow waves of their own, and a little noise. */
function readingAt(tick: number, node: number): RawReading {
  const minutes = (tick * tickMs) / 60_000;
  const wave = (period: number, phase: number): number =>
    Math.sin(2 * Math.PI * (minutes / period + phase * node));
  const jitter = (spread: number, seed: number): number => (noise(tick, seed) - 0.5) * spread;
  return {
    node,
    // About 3.3 V; raw 371 is 3.372 V.
    battery: Math.round(376 + (node % 5) * 2 + 3 * wave(180, 0.21) + jitter(2, 4)),
    // Some 17 to 30 °C; raw 530 is 27.8 °C.
    temperature: Math.round(
      470 + (node % 7) * 9 + 15 * wave(23, 0.13) + 4 * wave(5, 0.37) + jitter(2, 5),
    ),
    light: Math.round(420 + 14 * node + 90 * wave(11, 0.29) + jitter(12, 6)),
  };
}

/** A number from 0 to 1 that looks random and is the same for the same arguments (xorshift-multiply). */
function noise(tick: number, seed: number): number {
  let hash = Math.imul(tick ^ Math.imul(seed, 0x9e_37_79_b1), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x27_d4_eb_2f);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}
