import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { decodeFrame } from '../../src/sensors/frame.ts';
import {
  convertReading,
  decodeReading,
  type RawReading,
} from '../../src/sensors/sensor-reading.ts';
import { simulateTick } from '../../src/sensors/simulate.ts';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// Each verdict of `utopia module test`, provoked by two modules in a real guest; good ones pass.
const ready = needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build');

vi.setConfig({ testTimeout: 300_000, hookTimeout: 900_000 });

const trials = join(import.meta.dirname, '../../fixtures/module-trials');

let lab: Lab;
let aside: TemporaryFolder;

beforeAll(async () => {
  if (!ready) return;
  aside = temporaryFolder();
  lab = await makeLab({ backing: await testImage('lab') });
  const made = await lab.run('image', 'warm');
  expect(made.status, made.stderr).toBe(0);
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  aside?.[Symbol.dispose]();
});

interface Report {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly hints: readonly string[];
  readonly output: string;
  readonly dmesg: string;
  readonly status: number | null;
}

/** Tests a module of fixtures/module-trials at a path that make takes. */
async function tryModule(
  name: string,
  ...words: readonly string[]
): Promise<{ readonly status: number | null; readonly report: Report }> {
  const line = ['module', 'test', '--json', place(name), ...words];
  const { status, stdout, stderr } = await lab.run(...line);
  expect(stdout, stderr).not.toBe('');
  return { status, report: JSON.parse(stdout) as Report };
}

const statuses: Readonly<Record<string, number>> = {
  ...{ passed: 0, failed: 1, warned: 1, leaked: 1, stuck: 1 },
  ...{ crashed: 70, 'timed-out': 124, 'did-not-build': 65 },
};

const verdictOf = (name: string): string =>
  Object.keys(statuses).find((verdict) => name.startsWith(verdict)) ?? '';

describe('every verdict', () => {
  test.each(readdirSync(trials))('%s', async (name) => {
    const verdict = verdictOf(name);
    const words = verdict === 'timed-out' ? ['--timeout', '8'] : [];
    const { status, report } = await tryModule(name, ...words);
    expect([report.verdict, report.reasons]).toEqual([verdict, expect.anything()]);
    expect(status).toBe(statuses[verdict]);
    if (verdict === 'timed-out') {
      const module = name.replaceAll('-', '_');
      const does = name.endsWith('loop') ? 'runs' : 'waits';
      const where = new RegExp(`${does} in ${module}_show\\+0x\\S+ \\[${module}\\]\\.$`);
      expect(report.hints.join('\n')).toMatch(where);
    }
    if (verdict !== 'passed' && verdict !== 'did-not-build') expect(report.reasons).not.toEqual([]);
  });

  test('two modules or more for each', () => {
    const counts = Object.keys(statuses).map(
      (verdict) => readdirSync(trials).filter((name) => verdictOf(name) === verdict).length,
    );
    expect(Math.min(...counts)).toBe(2);
  });

  test.each([
    ['no QEMU', ["QEMU_BUILD_DIR='/nowhere'"]],
    ['a device that QEMU has not', ["UTOPIA_EXTRA_ARGS='-device nobody-has-this'"]],
  ])('not-started: %s', async (_name, lines) => {
    lab.writeConfig(lines);
    try {
      const { status, report } = await tryModule('passed-proc');
      expect(report).toMatchObject({ verdict: 'not-started', status: null, dmesg: '' });
      expect(status).toBe(69);
    } finally {
      lab.writeConfig([]);
    }
  });
});

test('the test’s output and the kernel’s log of that time are told', async () => {
  const { report } = await tryModule('failed-insert', '--', 'true');
  expect(report.reasons).toEqual([
    'failed_insert was not inserted: could not insert module ./failed_insert.ko: No such device (ENODEV, of its init function).',
  ]);
  expect(report.dmesg).toMatch(/failed_insert: no such device$/m);
  expect(report.dmesg.split('\n').length).toBeLessThan(10);

  const command = 'cat /proc/passed_proc; echo to stderr >&2; touch new; exit 3';
  const own = await tryModule('passed-proc', '--', 'sh', '-c', command);
  expect(own.report).toMatchObject({ verdict: 'failed', status: 3, output: '42\nto stderr\n' });
  expect(existsSync(join(aside.path, 'passed-proc/new'))).toBe(false);
});

test('what the test leaves running is ended, and does not hold the module', async () => {
  const command = 'sleep 1000 </proc/passed_proc & exit 0';
  const { report } = await tryModule('passed-proc', '--', 'sh', '-c', command);
  expect(report).toMatchObject({
    verdict: 'passed',
    hints: ['Processes of the test were still running when it had ended.'],
  });
});

test('a person reads the verdict first', async () => {
  const folder = place('warned-on');
  writeFileSync(join(folder, 'test.sh'), 'echo so far so good; cat /proc/warned_on\n');
  const { status, stdout } = await lab.run('module', 'test', folder);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^\S warned, in [\d.]+ s\n {2}The kernel complains: .*warned_on_show/);
  expect(stdout).toContain('  the test says:\n  | so far so good\n  | 42\n');
});

const milli = (value: number): string => (value / 1000).toFixed(3);

test('a driver of the Lunix kind gives the readings of the simulated feed, the same in two copies', async () => {
  const made = await lab.run('image', 'warm', '--sensors', 'sim');
  expect(made.status, made.stderr).toBe(0);
  const driver = join(aside.path, 'lunix-driver');
  cpSync(join(trials, '../lunix-driver'), driver, { recursive: true });
  const readings = Array.from({ length: 120 }, (_none, tick) => {
    const packet = decodeFrame(simulateTick(tick) ?? Buffer.of());
    return typeof packet === 'string' ? undefined : decodeReading(packet);
  }).filter((each) => each !== undefined);
  const of = (node: number): RawReading[] => readings.filter((each) => each.node === node);
  const expected = [
    ...of(3)
      .slice(0, 3)
      .map((each) => milli(convertReading(each).batteryMilli)),
    ...of(3)
      .slice(0, 3)
      .map((each) => milli(convertReading(each).lightMilli)),
    ...of(16)
      .slice(0, 2)
      .map(({ temperature }) => `raw ${temperature}`),
  ];
  for (let copy = 0; copy < 2; copy += 1) {
    const { stdout, stderr } = await lab.run(
      'module',
      'test',
      '--json',
      '--sensors',
      'sim',
      driver,
    );
    const report = JSON.parse(stdout) as Report;
    expect([report.verdict, report.output.trim().split('\n')], stderr).toEqual([
      'passed',
      expected,
    ]);
  }
});

/** A folder with a copy of a trial, at a path that make takes. */
function place(name: string): string {
  const folder = join(aside.path, name);
  if (!existsSync(folder)) cpSync(join(trials, name), folder, { recursive: true });
  return folder;
}

describe('in the running machine', () => {
  beforeAll(async () => {
    if (!ready) return;
    const up = await lab.run('up', '--detach');
    expect(up.status, up.stderr).toBe(0);
  });

  afterAll(async () => {
    await lab?.run('down', '--force');
  });

  test('modules are loaded in their order, reloaded and unloaded', async () => {
    const folder = place('passed-pair');
    const first = await lab.run('module', 'load', '--json', folder);
    expect(JSON.parse(first.stdout), first.stderr).toMatchObject({
      ...{ schema: 1, loaded: ['passed_pair_core', 'passed_pair'], removed: [] },
    });
    expect(await lab.run('module', 'load', folder)).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('is loaded already'),
    });
    const again = await lab.run('module', 'reload', '--json', folder);
    expect(JSON.parse(again.stdout), again.stderr).toMatchObject({
      removed: ['passed_pair', 'passed_pair_core'],
    });
    expect(await lab.run('module', 'unload', folder)).toMatchObject({
      ...{ status: 0, stdout: 'passed_pair, passed_pair_core removed\n' },
    });
    expect(await lab.run('module', 'unload', 'passed_pair')).toMatchObject({
      ...{ status: 0, stdout: 'passed_pair: not loaded\n' },
    });
  });

  test.each([
    [
      'failed-insert',
      'failed_insert was refused: could not insert module failed_insert.ko: No such',
    ],
    ['did-not-build-syntax', 'The build failed: 1 error'],
  ])('%s is not loaded, and why is said', async (name, why) => {
    const { status, stderr } = await lab.run('module', 'load', place(name));
    expect(status).toBe(name === 'failed-insert' ? 69 : 65);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(why);
  });

  test.each([
    ['stuck-reference', 'is in use (1 reference)'],
    ['stuck-without-exit', 'Device or resource busy'],
    ['stuck-exit', 'rmmod does not end'],
  ])('%s is not unloaded, and why is said', async (name, why) => {
    const folder = place(name);
    const loaded = await lab.run('module', 'load', folder);
    expect(loaded.status, loaded.stderr).toBe(0);
    const { status, stderr } = await lab.run('module', 'unload', folder);
    expect(status).toBe(69);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(why);
  });
});
