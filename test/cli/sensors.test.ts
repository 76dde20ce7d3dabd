import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { findBridge } from '../../src/machine/sensor-bridge.ts';
import { findRunning } from '../../src/machine/state.ts';
import { encodeFrame } from '../../src/sensors/frame.ts';
import { createTally, type StreamTally } from '../../src/sensors/tally.ts';
import { freePort } from '../support/boot.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

needsOfHost('qemu');

/** What the stand-in's guest has read at its second serial port. */
function received(lab: Lab): StreamTally {
  const tally = createTally();
  try {
    tally.add(readFileSync(`${lab.paths().sensorsSocket}.bytes`), 0);
  } catch {
    // Nothing has come yet.
  }
  return tally.read();
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

function sensorsLog(lab: Lab): string {
  return readFileSync(lab.paths().sensorsLog, 'utf8');
}

test('the simulated feed: beside QEMU one process, which ends with it', async () => {
  await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_SENSORS=sim'] });
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  const pid = (await findRunning(lab.paths()))?.qemu.pid ?? 0;
  const bridge = (await findBridge(lab.paths()))?.process.pid ?? 0;
  expect(new Set(lab.processes())).toEqual(new Set([pid, bridge]));

  await until(() => received(lab).sensorFrames >= 20);
  expect(received(lab)).toMatchObject({ crcFailures: 0, truncated: 0 });
  expect(JSON.parse((await lab.run('sensors', '--json')).stdout)).toMatchObject({
    schema: 1,
    configured: 'sim',
    feed: 'sim',
    device: '/dev/ttyS1',
    pid: bridge,
  });
  const text = await lab.run('sensors');
  expect(text.stdout).toContain('sim is at /dev/ttyS1');
  expect(text.stdout).toContain('the guest reads its serial port');

  expect(await lab.run('sensors', 'use', 'sim:bad-crc')).toMatchObject({ status: 0 });
  await until(() => received(lab).crcFailures > 0);
  expect((await findBridge(lab.paths()))?.process.pid).not.toBe(bridge);

  expect(await lab.run('down')).toMatchObject({ status: 0 });
  expect(lab.processes()).toEqual([]);
  expect(sensorsLog(lab)).toMatch(/ended: \d+ frames delivered/);
  expect((await lab.run('sensors')).stdout).toContain('is not running');
});

test('QEMU is killed: the bridge ends by itself', async () => {
  await using lab = await makeLab({ scenario: {} });
  expect(await lab.run('up', '--detach', '--sensors', 'sim')).toMatchObject({ status: 0 });
  process.kill((await findRunning(lab.paths()))?.qemu.pid ?? 0, 'SIGKILL');
  await until(() => lab.processes().length === 0);
});

test('the launcher is killed: machine and bridge go on, down ends both', async () => {
  await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_SENSORS=sim'] });
  const up = lab.start('up');
  await up.sees(/stop +Ctrl-C here/);
  up.child.kill('SIGKILL');
  await up.ended;
  // A look for nice(1), which up may have begun, ends by itself.
  await until(() => lab.processes().length <= 2);
  expect(lab.processes()).toHaveLength(2);
  const before = received(lab).sensorFrames;
  await until(() => received(lab).sensorFrames > before);
  await lab.run('down');
  expect(lab.processes()).toEqual([]);
});

test('the server is not there, comes, goes and comes back: the machine never minds', async () => {
  const port = await freePort();
  const config = [`UTOPIA_SENSORS=tcp:127.0.0.1:${port}`];
  await using lab = await makeLab({ scenario: {}, config });
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  await until(() => sensorsLog(lab).includes('ECONNREFUSED'));

  const sockets = new Set<Socket>();
  const frame = encodeFrame({ amType: 0xfd, payload: Buffer.from([1, 2]) });
  const serve = async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      sockets.add(socket);
      const timer = setInterval(() => socket.write(frame), 200);
      socket.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  };
  for (const round of [1, 2]) {
    const before = received(lab).otherFrames;
    const server = await serve();
    await until(() => received(lab).otherFrames > before);
    server.close();
    for (const socket of sockets) socket.destroy();
    await until(() => sensorsLog(lab).split('the feed ended').length === round + 1);
  }
  expect(sensorsLog(lab).match(/connected to 127\.0\.0\.1/g)).toHaveLength(2);
  await lab.run('down');
});

describe('record and show', () => {
  test('what is recorded can be shown, and replayed', async () => {
    await using lab = await makeLab({});
    const record = await lab.run('sensors', 'record', 'a.bin', '--from', 'sim', '--seconds', '3');
    expect(record).toMatchObject({ status: 0 });
    expect(record.stdout).toMatch(/^\d+ frames, .* in \d\.\d s: /);
    const show = await lab.run(
      'sensors',
      'show',
      '--from',
      'replay:a.bin',
      '--seconds',
      '2',
      '--json',
    );
    const shown = JSON.parse(show.stdout) as StreamTally & { readonly feed: string };
    expect(shown).toMatchObject({ schema: 1, crcFailures: 0, truncated: 0 });
    expect(shown.feed).toBe(`replay:${join(lab.folder, 'a.bin')}`);
    expect(shown.sensorFrames).toBeGreaterThan(3);
    const table = await lab.run('sensors', 'show', '--from', 'sim', '--seconds', '1');
    expect(table.stdout).toMatch(/^node +V +°C +light/);
    expect(Math.max(...table.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(
      80,
    );

    const again = await lab.run('sensors', 'record', 'a.bin', '--from', 'sim');
    expect(again).toMatchObject({ status: 73 });
  });

  test.each([
    ['record', ['record', 'a.bin', '--seconds', '1'], /^\d+ frames?, /],
    ['show', ['show', '--seconds', '1'], /^node +V/],
  ])('%s --seconds ends although all that can be collected is', async (_name, words, said) => {
    await using lab = await makeLab({});
    // What nothing but a weak reference holds is gone from here on.
    const collecting = `data:text/javascript,setInterval(globalThis.gc,20).unref()`;
    const [node, program] = lab.command;
    const run = promisify(execFile)(
      node,
      ['--expose-gc', '--import', collecting, program, 'sensors', ...words, '--from', 'sim'],
      // Some 30 times as long as it takes here beside a load.
      { cwd: lab.folder, env: lab.env, timeout: 60_000 },
    );
    expect((await run).stdout).toMatch(said);
  });

  test('Ctrl-C is how a recording ends', async () => {
    await using lab = await makeLab({});
    const recording = lab.start('sensors', 'record', 'a.bin', '--from', 'sim');
    await recording.sees(/the simulation runs/);
    await sleep(500);
    recording.child.kill('SIGINT');
    const { status, stdout } = await recording.ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(/^[1-9]\d* frames?, /);
  });
});

describe('refused, with the way out', () => {
  test.each([
    [['sensors', 'show'], 64, /--from sim/],
    [['sensors', 'show', '--from', 'radio'], 64, /Write sim/],
    [['sensors', 'record', '/none/x', '--from', 'sim'], 73, /folder/],
    [['sensors', 'use', 'sim'], 69, /utopia up --sensors sim/],
    [['up', '--detach', '--sensors', 'tcp:host'], 78, /tcp:HOST:PORT/],
  ])('%s', async (args, status, hint) => {
    await using lab = await makeLab({ scenario: {} });
    const result = await lab.run(...args);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(hint);
  });

  test('a machine that was started without the port', async () => {
    await using lab = await makeLab({ scenario: {} });
    await lab.run('up', '--detach');
    const result = await lab.run('sensors', 'use', 'sim');
    expect(result.status).toBe(69);
    expect(result.stderr).toContain('without a second serial port');
    expect((await lab.run('sensors')).stdout).toContain('without a sensor feed');
  });
});
