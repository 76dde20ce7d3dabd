import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { encodeFrame } from '../../../src/sensors/frame.ts';
import { openGuestLine } from '../../../src/sensors/guest-line.ts';
import { encodeReading } from '../../../src/sensors/sensor-reading.ts';
import { startHaltedGuest } from '../../support/halted-guest.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

needsOfHost('qemu');

function frameOf(node: number): Buffer {
  return encodeFrame(encodeReading({ node, battery: 371, temperature: 530, light: 400 }));
}

test('nothing is queued while nobody reads; a reader gets whole and fresh frames', async () => {
  using folder = temporaryFolder();
  await using guest = await startHaltedGuest(folder.path);
  const end = new AbortController();
  const readings: boolean[] = [];
  const line = openGuestLine(
    guest.socket,
    { reading: (isRead) => void readings.push(isRead) },
    end.signal,
  );
  try {
    // Nobody reads: a second of frames, of which one is under way and one byte in the UART.
    for (let round = 0; round < 20; round += 1) {
      line.offer(frameOf((round % 16) + 1));
      await sleep(100);
    }
    expect(line.delivered).toBe(0);
    expect(line.dropped).toBeGreaterThan(5);

    // Its connection has been given up meanwhile: the frame is gone.
    while (readings.length === 0) await sleep(50);
    expect(readings).toEqual([false]);
    line.offer(frameOf(9));
    await sleep(200);
    await guest.openPort();
    expect((await guest.readAll()).toString('hex')).toBe(frameOf(9).toString('hex'));
    while (line.delivered < 1) await sleep(20);
    expect(readings).toEqual([false, true]);

    line.offer(frameOf(3));
    expect((await guest.readAll()).toString('hex')).toBe(frameOf(3).toString('hex'));
  } finally {
    end.abort();
    await line.ended;
  }
});

test('a burst reaches the guest frame by frame, the newest of each node, 100 ms apart', async () => {
  using folder = temporaryFolder();
  await using guest = await startHaltedGuest(folder.path);
  const end = new AbortController();
  const line = openGuestLine(guest.socket, { reading: () => {} }, end.signal);
  try {
    await guest.openPort();
    const reading = (async () => {
      const parts: Buffer[] = [];
      while (Buffer.concat(parts).length < 3 * frameOf(1).length) parts.push(await guest.readAll());
      return Buffer.concat(parts);
    })();
    const startedAt = performance.now();
    for (const node of [1, 2, 2, 2, 3]) line.offer(frameOf(node));
    const expected = [1, 2, 3].map((node) => frameOf(node).toString('hex')).join('');
    expect((await reading).toString('hex')).toBe(expected);
    // Not a limit of speed: the driver needs the gaps.
    expect(performance.now() - startedAt).toBeGreaterThan(200);
    expect(line.dropped).toBe(2);
  } finally {
    end.abort();
    await line.ended;
  }
});

test('a machine that does not listen yet, or not any more, is no trouble', async () => {
  using folder = temporaryFolder();
  const end = new AbortController();
  const line = openGuestLine(join(folder.path, 's.sock'), { reading: () => {} }, end.signal);
  line.offer(frameOf(1));
  while (line.dropped < 1) await sleep(10);
  await using guest = await startHaltedGuest(folder.path);
  await guest.openPort();
  line.offer(frameOf(2));
  expect((await guest.readAll()).toString('hex')).toBe(frameOf(2).toString('hex'));
  end.abort();
  await line.ended;
});

test('QEMU takes the next connection at once: no two are needed', async () => {
  using folder = temporaryFolder();
  await using guest = await startHaltedGuest(folder.path);
  await guest.openPort();
  for (const node of [1, 2, 3, 4]) {
    const socket = connect({ path: guest.socket, allowHalfOpen: true });
    socket.end(frameOf(node));
    socket.resume();
    const ended = new Promise((resolve) => socket.once('end', resolve));
    expect((await guest.readAll()).toString('hex')).toBe(frameOf(node).toString('hex'));
    await ended;
    socket.destroy();
  }
});
