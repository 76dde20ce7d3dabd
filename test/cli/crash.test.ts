import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { makeSymbols } from '../support/symbols.ts';
import type { StandInScenario, StandInStep } from '../support/stand-in.ts';

// The guest is a stand-in that prints what a kernel printed; real ones are in test/slow.
needsOfHost('qemu', 'compiler');

const logs = join(import.meta.dirname, '../../fixtures/logs/crashes');
const nullRead = readFileSync(join(logs, 'debian-null-read.txt'), 'utf8');
const divide = readFileSync(join(logs, 'debian-divide.txt'), 'utf8');

interface CrashJson {
  readonly number: number;
  readonly kind: string;
  readonly function: string | null;
  readonly module: string | null;
  readonly dump: string | null;
  readonly snapshot: string | null;
  readonly bytes: number;
}

/** A machine whose guest prints this, when the test tells it to. */
async function labThatCrashes(
  action: 'keep' | 'pause',
  consoles: readonly string[],
  scenario: StandInScenario = {},
): Promise<Lab> {
  const steps: readonly StandInStep[] = [
    { boot: true },
    ...consoles.map((text): StandInStep => ({ console: text, whenTold: true })),
  ];
  const lab = await makeLab({
    scenario: { ...scenario, steps },
    config: [`UTOPIA_ON_CRASH=${action}`, 'UTOPIA_MEMORY_MB=64', 'UTOPIA_NAME=ask1'],
  });
  const up = await lab.run('up', '--detach', '--no-wait');
  expect(up, up.stderr).toMatchObject({ status: 0 });
  await expect.poll(() => existsSync(lab.paths().crashWatchFile)).toBe(true);
  return lab;
}

async function listed(lab: Lab): Promise<readonly CrashJson[]> {
  const { stdout, stderr } = await lab.run('crash', 'list', '--json');
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { readonly crashes: readonly CrashJson[] }).crashes;
}

async function stateOf(lab: Lab): Promise<unknown> {
  return (JSON.parse((await lab.run('status', '--json')).stdout) as { state: unknown }).state;
}

test('keep: the crash has its memory, its disk and its report, and the guest goes on', async () => {
  await using lab = await labThatCrashes('keep', [nullRead]);
  expect(await listed(lab)).toEqual([]);
  lab.standIn?.tell();
  await expect.poll(async () => (await listed(lab)).length, { timeout: 20_000 }).toBe(1);
  const [crash] = await listed(lab);
  expect(crash).toMatchObject({
    ...{ number: 1, kind: 'null-dereference', function: 'null_read_value', module: 'null_read' },
    ...{ snapshot: 'crash-1', dump: join(lab.paths().crashesDir, '1/memory.elf') },
  });
  expect(crash?.bytes).toBeGreaterThan(0);
  expect(readFileSync(crash?.dump ?? '').length).toBeGreaterThan(4_000_000);
  expect(['running', 'booting']).toContain(await stateOf(lab));

  const shown = await lab.run('crash', 'show');
  expect(shown.stdout).toContain('NULL pointer read in null_read_value');
  expect(shown.stdout.replaceAll(/\s+/g, ' ')).toContain('utopia run --from crash-1 -- COMMAND');
  const oops = await lab.run('oops');
  expect(oops.stdout.replaceAll(/\s+/g, ' ')).toContain('utopia crash show 1');
  expect((await lab.run('snapshot', 'list')).stdout).toMatch(/^crash-1 /m);

  expect(await lab.run('crash', 'remove')).toMatchObject({ status: 64 });
  expect(await lab.run('crash', 'remove', '7')).toMatchObject({ status: 69 });
  expect(await lab.run('crash', 'remove', '1')).toMatchObject({ status: 0 });
  expect(await listed(lab)).toEqual([]);
  expect((await lab.run('snapshot', 'list')).stdout).not.toContain('crash-1');
  const none = await lab.run('crash', 'show');
  expect(none).toMatchObject({ status: 69 });
  expect(none.stderr).toContain('--on-crash keep');
  await lab.run('down', '--force');
  expect(readdirSync(lab.paths().runtimeDir).filter((name) => /dump|crash/.test(name))).toEqual([]);
  await expect.poll(() => lab.processes()).toEqual([]);
});

test('two crashes at once are two; the same once more is not', async () => {
  await using lab = await labThatCrashes('keep', [`${nullRead}${divide}${nullRead}`]);
  lab.standIn?.tell();
  await expect.poll(async () => (await listed(lab)).length, { timeout: 20_000 }).toBe(2);
  expect((await listed(lab)).map(({ function: name }) => name)).toEqual([
    'null_read_value',
    'faulty_divide',
  ]);
});

test('four crashes are kept, and only the fifth displaces the first, which the list says', async () => {
  const others = ['debian-null-write.txt', 'debian-bug.txt'].map((name) =>
    readFileSync(join(logs, name), 'utf8'),
  );
  await using lab = await labThatCrashes('keep', [nullRead, divide, ...others]);
  const numbers = async (): Promise<readonly number[]> =>
    (await listed(lab)).map(({ number }) => number);
  for (let number = 1; number <= 4; number += 1) {
    lab.standIn?.tell();
    await expect.poll(async () => (await numbers()).at(-1)).toBe(number);
  }
  // One boot keeps four.
  await lab.run('down', '--force');
  expect(await numbers()).toEqual([1, 2, 3, 4]);
  await lab.run('up', '--detach', '--no-wait');
  await expect.poll(() => existsSync(lab.paths().crashWatchFile)).toBe(true);
  expect(await numbers()).toEqual([1, 2, 3, 4]);
  lab.standIn?.tell();
  await expect.poll(async () => await numbers()).toEqual([2, 3, 4, 5]);
  expect((await lab.run('crash', 'list')).stderr).toContain(
    'Went to make room for the last one: 1',
  );
});

test('one who waits for crashes and is killed in a dump leaves a guest that goes on, and no crash', async () => {
  const dump = { pieces: 4096, betweenMs: 50 };
  await using lab = await labThatCrashes('keep', [nullRead], { dump });
  lab.standIn?.tell();
  await expect.poll(async () => await stateOf(lab), { timeout: 20_000 }).toBe('paused');
  const { process: watch } = JSON.parse(readFileSync(lab.paths().crashWatchFile, 'utf8')) as {
    readonly process: { readonly pid: number };
  };
  process.kill(watch.pid, 'SIGKILL');
  await expect.poll(async () => await stateOf(lab), { timeout: 20_000 }).not.toBe('paused');
  expect(await listed(lab)).toEqual([]);
  expect(await lab.run('down', '--force')).toMatchObject({ status: 0 });
  // The next one tidies up, whatever crashes anew meanwhile.
  const left = readdirSync(lab.paths().crashesDir);
  expect(left).not.toEqual([]);
  expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
  await expect
    .poll(() => readdirSync(lab.paths().crashesDir).filter((name) => left.includes(name)), {
      timeout: 20_000,
    })
    .toEqual([]);
});

test('pause: the guest is stopped there and said to be, until utopia up resumes it', async () => {
  await using lab = await labThatCrashes('pause', [nullRead]);
  lab.standIn?.tell();
  await expect.poll(async () => await stateOf(lab), { timeout: 20_000 }).toBe('paused-at-crash');
  expect((await lab.run('status')).stdout).toContain('utopia up resumes it');
  expect(await lab.run('dump', 'guest.elf')).toMatchObject({ status: 0 });
  expect(await stateOf(lab)).toBe('paused-at-crash');
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  expect(['running', 'booting']).toContain(await stateOf(lab));
  expect(await listed(lab)).toEqual([]);
});

test('pause: down lets the guest go on, so that it can power down', async () => {
  await using lab = await labThatCrashes('pause', [nullRead], { onPowerdown: 'shutdown' });
  lab.standIn?.tell();
  await expect.poll(async () => await stateOf(lab), { timeout: 20_000 }).toBe('paused-at-crash');
  const down = await lab.run('down', '--json');
  expect(JSON.parse(down.stdout)).toMatchObject({ step: 'powered-down' });
});

test('report, the default, starts nobody beside the machine', async () => {
  await using lab = await makeLab({ scenario: {} });
  await lab.run('up', '--detach', '--no-wait');
  expect(existsSync(lab.paths().crashWatchFile)).toBe(false);
});

/** Programs that write down how they were called. */
function installReaders(lab: Lab, ...names: readonly string[]): string {
  const bin = join(lab.env['HOME'] ?? '', 'bin');
  const seen = join(bin, 'seen');
  mkdirSync(bin, { recursive: true });
  for (const name of names) {
    const program = join(bin, name);
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' ${name} "$@" > '${seen}'\nexit 3\n`);
    chmodSync(program, 0o755);
  }
  lab.env['PATH'] = `${bin}:${process.env['PATH']}`;
  return seen;
}

test('open: the program that is asked for, or the first there is, with symbols and modules', async () => {
  await using lab = await labThatCrashes('keep', [nullRead]);
  lab.standIn?.tell();
  await expect.poll(async () => (await listed(lab)).length, { timeout: 20_000 }).toBe(1);
  const seen = installReaders(lab, 'drgn', 'crash');
  const without = await lab.run('crash', 'open');
  expect(without).toMatchObject({ status: 69 });
  expect(without.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'no symbols of the kernel 6.1.0-56-amd64',
  );
  const vmlinux = join(lab.folder, 'vmlinux');
  makeSymbols(vmlinux);
  writeFileSync(join(lab.folder, 'null_read.ko'), '');
  const [crash] = await listed(lab);
  const open = ['crash', 'open', '--vmlinux', 'vmlinux'] as const;
  expect(await lab.run(...open, '--', 'tasks.py')).toMatchObject({ status: 3 });
  expect(readFileSync(seen, 'utf8').trim().split('\n')).toEqual([
    ...['drgn', '-c', crash?.dump, '-s', vmlinux, '-s', join(lab.folder, 'null_read.ko')],
    'tasks.py',
  ]);
  expect(await lab.run(...open, '1', '--with', 'crash')).toMatchObject({ status: 3 });
  expect(readFileSync(seen, 'utf8').trim().split('\n').slice(-2)).toEqual([vmlinux, crash?.dump]);

  for (const wrong of [['abc'], ['0'], ['1', '2'], ['--modules', 'nowhere']]) {
    const refused = await lab.run(...open, ...wrong);
    expect(refused, wrong.join(' ')).toMatchObject({ status: 64 });
  }
  truncateSync(crash?.dump ?? '', 3_000_000);
  const cut = await lab.run(...open, '--with', 'crash');
  expect(cut.stderr.replaceAll(/\s+/g, ' ')).toMatch(/The dump is cut short by \d\.\d MB/);

  const drgn = await lab.run('drgn', '--vmlinux', 'vmlinux', 'tasks.py');
  expect(drgn, drgn.stderr).toMatchObject({ status: 3 });
  expect(readFileSync(seen, 'utf8')).toContain('tasks.py');
  expect(readdirSync(lab.paths().stateDir).filter((name) => name.includes('drgn'))).toEqual([]);
});
