import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { encodeFrame } from '../../../src/sensors/frame.ts';
import { feedInOrder, orderedTicks, type Tick } from '../../../src/sensors/ordered-feed.ts';
import { encodeReading } from '../../../src/sensors/sensor-reading.ts';
import { simulateTick } from '../../../src/sensors/simulate.ts';
import { startHaltedGuest } from '../../support/halted-guest.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

needsOfHost('qemu');

function frameOf(node: number): Buffer {
  return encodeFrame(encodeReading({ node, battery: 371, temperature: 530, light: 400 }));
}

async function* endlessFrames(): AsyncGenerator<Tick> {
  for (let node = 1; ; node += 1) yield frameOf((node % 16) + 1);
}

async function take(ticks: AsyncIterable<Tick>, count: number): Promise<readonly Tick[]> {
  const taken: Tick[] = [];
  for await (const tick of ticks) {
    taken.push(tick);
    if (taken.length === count) break;
  }
  return taken;
}

const leadIn = 8;

test('a simulation starts at its tick 0, faults included', async () => {
  const faults = ['silence', 'bad-crc'] as const;
  const ticks = await take(orderedTicks({ kind: 'sim', faults }), 300);
  const expected = Array.from({ length: 300 - leadIn }, (_none, tick) =>
    simulateTick(tick, faults),
  );
  expect(ticks.slice(leadIn)).toEqual(expected);
  expect(ticks.includes(undefined)).toBe(true);
});

test('a recording starts at its first frame, and begins again behind its last', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'feed');
  writeFileSync(file, Buffer.concat([frameOf(1), frameOf(2)]));
  const ticks = await take(orderedTicks({ kind: 'replay', file }), leadIn + 3);
  expect(ticks.slice(leadIn)).toEqual([frameOf(1), frameOf(2), frameOf(1)]);
});

test('a recording without a frame ends it', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'feed');
  writeFileSync(file, 'nothing of the kind');
  await expect(take(orderedTicks({ kind: 'replay', file }), 1)).rejects.toThrow('holds no frame');
});

test('however late the port is opened, the first frame is the first, whole', async () => {
  using folder = temporaryFolder();
  await using guest = await startHaltedGuest(folder.path);
  const end = new AbortController();
  const fed = feedInOrder(endlessFrames(), guest.socket, end.signal);
  try {
    // Longer than a frame waits before it is withdrawn and offered again.
    await sleep(5_500);
    await guest.openPort();
    // A busy host has several there at once.
    const wanted = Buffer.concat([2, 3, 4].map(frameOf));
    const got: Buffer[] = [];
    while (Buffer.concat(got).length < wanted.length) got.push(await guest.readAll());
    const first = Buffer.concat(got).subarray(0, wanted.length);
    expect(first.toString('hex')).toBe(wanted.toString('hex'));
  } finally {
    end.abort();
    await fed;
  }
});
