import { describe, expect, test } from 'vitest';
import { simulatedFaults } from '../../../src/config/sensor-setting.ts';
import type { SimulatedFault } from '../../../src/config/machine-config.ts';
import { amTypes, createSplitter, decodeFrame } from '../../../src/sensors/frame.ts';
import { simulateTick, tickMs } from '../../../src/sensors/simulate.ts';
import { createTally } from '../../../src/sensors/tally.ts';

const twentyMinutes = 1_200_000 / tickMs;
const start = 14_000_000_000;

function tallyOf(count: number, ...faults: readonly SimulatedFault[]) {
  const tally = createTally();
  for (let tick = start; tick < start + count; tick += 1) {
    const bytes = simulateTick(tick, faults);
    if (bytes !== undefined) tally.add(bytes, tick);
  }
  return tally.read();
}

/** Newest temperature of each node within 64 ticks. */
function temperatures(from: number): number[] {
  const tally = createTally();
  for (let tick = from; tick < from + 64; tick += 1) {
    const bytes = simulateTick(tick);
    if (bytes !== undefined) tally.add(bytes, 0);
  }
  return tally.read().nodes.map(({ temperatureMilli }) => temperatureMilli);
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? 0))));
}

function streamWith(...faults: SimulatedFault[]): string {
  return Array.from({ length: 240 }, (_, n) => simulateTick(n, faults)?.toString('hex')).join();
}

test('sixteen nodes with believable values, no bad frame, in twenty minutes', () => {
  const seen = { battery: new Set<number>(), temperature: new Set<number>() };
  let others = 0;
  let routing = 0;
  for (let tick = start; tick < start + twentyMinutes; tick += 1) {
    const [frame, ...more] = createSplitter().push(simulateTick(tick) ?? Buffer.of());
    expect(more).toEqual([]);
    const packet = decodeFrame(frame ?? Buffer.of());
    if (typeof packet === 'string') throw new Error(packet);
    if (packet.amType === amTypes.beacon) others += 1;
    if (packet.amType === amTypes.routing) routing += 1;
  }
  expect(others / twentyMinutes).toBeCloseTo(1 / 7, 2);
  expect(routing / twentyMinutes).toBeCloseTo(1 / 40, 2);

  const { nodes, crcFailures, truncated } = tallyOf(twentyMinutes);
  expect(nodes.map(({ node }) => node)).toEqual(Array.from({ length: 16 }, (_, n) => n + 1));
  expect([crcFailures, truncated]).toEqual([0, 0]);
  for (const node of nodes) {
    seen.battery.add(node.batteryMilli);
    seen.temperature.add(node.temperatureMilli);
    expect(node.batteryMilli).toBeGreaterThan(3_000);
    expect(node.batteryMilli).toBeLessThan(3_500);
    expect(node.temperatureMilli).toBeGreaterThan(14_000);
    expect(node.temperatureMilli).toBeLessThan(33_000);
    expect(node.lightMilli).toBeGreaterThan(15_000);
  }
  expect(seen.temperature.size).toBeGreaterThan(8);
});

test('values drift: neighbours in time are near, hours apart they are not', () => {
  const now = temperatures(start);
  expect(largestDifference(now, temperatures(start + 64))).toBeLessThan(800);
  expect(largestDifference(now, temperatures(start + 64 * 60))).toBeGreaterThan(800);
});

test('the same tick gives the same bytes', () => {
  expect(simulateTick(start)).toEqual(simulateTick(start));
});

describe('faults', () => {
  const ticks = 2400;

  test('bad CRCs', () => {
    const { crcFailures, sensorFrames } = tallyOf(ticks, 'bad-crc');
    expect(crcFailures / ticks).toBeCloseTo(1 / 8, 1);
    expect(sensorFrames).toBeGreaterThan(ticks / 2);
  });

  test('frames that are cut off', () => {
    const { truncated, crcFailures } = tallyOf(ticks, 'truncated');
    expect(truncated / ticks).toBeCloseTo(1 / 8, 1);
    expect(crcFailures).toBe(0);
  });

  test('several frames in one write', () => {
    const writes = Array.from({ length: ticks }, (_, n) => simulateTick(start + n, ['burst']));
    const counts = writes.map((bytes) => createSplitter().push(bytes ?? Buffer.of()).length);
    expect(new Set(counts)).toEqual(new Set([1, 5]));
  });

  test.each([
    ['node-0', 0],
    ['node-17', 17],
  ] as const)('%s', (fault, node) => {
    expect(tallyOf(ticks, fault).nodes.map((each) => each.node)).toContain(node);
  });

  test('silence for a third of the time; a disconnect begins within a frame', () => {
    const silent = Array.from({ length: 2400 }, (_, n) => simulateTick(n, ['silence']));
    expect(silent.filter((bytes) => bytes === undefined)).toHaveLength(800);
    expect(tallyOf(2400, 'silence').truncated).toBe(0);
    const { truncated } = tallyOf(2400, 'disconnect');
    // Half of a short frame cannot be told from noise.
    expect(truncated).toBeGreaterThan(6);
    expect(truncated).toBeLessThanOrEqual(10);
  });

  test('each known fault is described, and changes the stream', () => {
    for (const fault of Object.keys(simulatedFaults) as SimulatedFault[]) {
      expect(streamWith(fault)).not.toBe(streamWith());
    }
  });
});
