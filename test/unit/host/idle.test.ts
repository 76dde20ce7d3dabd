import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { whyNotIdle, whyTight, type HostIdleness } from '../../../src/host/idle.ts';
import { gatherIdleness } from '../../../src/host/gather/gather-idle.ts';
import { openFixture } from '../../../src/host/source/fixture-source.ts';
import { openRealHost } from '../../../src/host/source/real-source.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A desktop of two processors on which nothing happens. */
const calmHost: Readonly<Record<string, string>> = {
  'proc/loadavg': '0.21 0.40 0.35 1/412 20417\n',
  'proc/stat': 'cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu1 0 0 0 0\nintr 12 3\nctxt 9\n',
  'proc/meminfo':
    'MemTotal:       8000000 kB\nMemFree:         100000 kB\nMemAvailable:   4000000 kB\n',
};

/** Looks at a host of these files, and says what keeps it from booting a guest of 1 GiB. */
async function look(
  files: Readonly<Record<string, string>> = {},
  room?: number,
): Promise<{ readonly idleness: HostIdleness; readonly why: string | undefined }> {
  using folder = temporaryFolder();
  const description =
    room === undefined
      ? {}
      : { 'host.json': JSON.stringify({ statfs: { '/': { availableBytes: room } } }) };
  for (const [name, text] of Object.entries({ ...calmHost, ...description, ...files })) {
    const path = join(folder.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const idleness = await gatherIdleness(
    await openFixture(folder.path),
    '/home/alice/.cache/utopia/warm',
  );
  return { idleness, why: whyNotIdle(idleness, 1024) };
}

const supply = (name: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).map(([file, text]) => [
      `sys/class/power_supply/${name}/${file}`,
      `${text}\n`,
    ]),
  );

test('a calm desktop is idle', async () => {
  expect(await look()).toMatchObject({
    idleness: { load: 0.21, processors: 2, freeMemoryBytes: 4_096_000_000, onBattery: false },
    why: undefined,
  });
});

describe('not idle', () => {
  test.each([
    ['at more than half of the processors', { 'proc/loadavg': '1.01 0.4 0.3 1/1 1\n' }, 'busy'],
    ['without a load average', { 'proc/loadavg': '' }, 'busy'],
    ['with processors that cannot be counted', { 'proc/stat': '' }, 'busy'],
    [
      'with memory for the guest and little else',
      { 'proc/meminfo': 'MemAvailable:   2000000 kB\n' },
      'little memory',
    ],
    ['with memory of which nothing is known', { 'proc/meminfo': '' }, 'little memory'],
    [
      'under the limit of a control group',
      {
        'proc/self/cgroup': '0::/user.slice\n',
        'sys/fs/cgroup/user.slice/memory.max': '2000000000\n',
        'sys/fs/cgroup/user.slice/memory.current': '500000000\n',
      },
      'little memory',
    ],
  ])('%s', async (_what, files, why) => {
    expect((await look(files)).why).toBe(why);
  });

  test('with little room on the disk', async () => {
    expect((await look({}, 2e9)).why).toBe('little room on the disk');
    expect((await look({}, 3e9)).why).toBeUndefined();
  });
});

describe('power', () => {
  const battery = (status: string) => supply('BAT0', { type: 'Battery', status });
  test.each([
    ['mains, plugged in', { ...supply('AC', { type: 'Mains', online: '1' }) }, false],
    ['mains, unplugged', { ...supply('AC', { type: 'Mains', online: '0' }) }, true],
    [
      'one mains of two',
      {
        ...supply('AC', { type: 'Mains', online: '0' }),
        ...supply('ADP1', { type: 'Mains', online: '1' }),
        ...battery('Discharging'),
      },
      false,
    ],
    ['a battery alone, in use', battery('Discharging'), true],
    ['a battery alone, charged by USB', battery('Charging'), false],
    [
      'the battery of a mouse',
      supply('hid-mouse', { type: 'Battery', status: 'Discharging', scope: 'Device' }),
      false,
    ],
  ])('%s', async (_what, files, onBattery) => {
    const { idleness, why } = await look(files);
    expect(idleness.onBattery).toBe(onBattery);
    expect(why).toBe(onBattery ? 'on battery' : undefined);
  });
});

test('memory or room that runs out is tight, and what is not known is not', () => {
  const idleness: HostIdleness = {
    load: 9,
    processors: 1,
    freeMemoryBytes: 1e9,
    freeDiskBytes: 1e9,
    onBattery: true,
  };
  expect(whyTight(idleness)).toBeUndefined();
  expect(whyTight({ ...idleness, freeMemoryBytes: 200e6 })).toBe('memory');
  expect(whyTight({ ...idleness, freeDiskBytes: 200e6 })).toBe('room on the disk');
  expect(
    whyTight({ ...idleness, freeMemoryBytes: undefined, freeDiskBytes: undefined }),
  ).toBeUndefined();
});

test('this host can be looked at, also for a folder that is not there yet', async () => {
  const source = openRealHost({}, new AbortController().signal);
  const idleness = await gatherIdleness(source, '/no-such-folder/warm');
  expect(idleness.load).toBeGreaterThanOrEqual(0);
  expect(idleness.processors).toBeGreaterThan(0);
  expect(idleness.freeMemoryBytes).toBeGreaterThan(0);
  expect(idleness.freeDiskBytes).toBeGreaterThanOrEqual(0);
});
