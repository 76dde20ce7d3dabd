import { cpSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { builtModules, crashImage } from '../support/crash-image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Modules that crash, in a real guest, built against its own kernel: what `up`
// says of them, and what `utopia oops` finds out.
needsOfHost('qemu', 'image-tools', 'ssh', 'binutils');

const sources = join(import.meta.dirname, '../../fixtures/modules');

interface Event {
  readonly kind: string;
  readonly function?: string;
  readonly module?: string;
  readonly file?: string;
  readonly line?: number;
  readonly task?: string;
  readonly panic?: string;
}

async function events(lab: Lab): Promise<readonly Event[]> {
  const { status, stdout, stderr } = await lab.run('oops', '--json');
  expect(status, stderr).toBe(0);
  return (JSON.parse(stdout) as { readonly events: readonly Event[] }).events;
}

/** Number of the line that has this comment. */
function lineOf(module: string, comment: string): number {
  const lines = readFileSync(join(sources, `${module}.c`), 'utf8').split('\n');
  return lines.findIndex((line) => line.includes(comment)) + 1;
}

/** Most that an `up` may have used of memory, in kB (VmHWM): its goal is 80 MB in the foreground. */
function peakMemoryKiB(pid: number | undefined): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

test('four modules that crash, a flood, and a panic', { timeout: 900_000 }, async () => {
  await using lab = await makeLab({ backing: await crashImage() });
  const shared = join(lab.folder, 'shared/modules');
  cpSync(sources, shared, { recursive: true });
  const up = lab.start('up');
  await up.sees(/stop +Ctrl-C here/);
  const guest = (command: string) => lab.run('ssh', '--', command);
  const copied = await guest(`cp ${builtModules}/*.ko /home/user/shared/modules/`);
  expect(copied.status, copied.stderr).toBe(0);
  await guest(`insmod ${builtModules}/faulty.ko; sysctl -q kernel.watchdog_thresh=3`);

  await guest(`insmod ${builtModules}/null_read.ko`);
  await up.sees(/✗ kernel oops in null_read_value\+0x\w+ \[null_read\]: NULL pointer read/);
  await up.sees(/ {10}utopia oops shows where and why/);
  expect((await events(lab)).at(-1)).toMatchObject({
    kind: 'null-dereference',
    function: 'null_read_value',
    module: 'null_read',
    task: 'insmod',
    file: join(shared, 'null_read.c'),
    line: lineOf('null_read', 'the crash'),
  });

  await guest(`insmod ${builtModules}/atomic_sleep.ko`);
  await up.sees(/sleep in atomic context in atomic_sleep_update\+0x\w+ \[atomic_sleep\]/);
  expect((await events(lab)).at(-1)).toMatchObject({
    kind: 'atomic-sleep',
    function: 'atomic_sleep_update',
    file: join(shared, 'atomic_sleep.c'),
    line: lineOf('atomic_sleep', 'the crash'),
  });

  await guest(`insmod ${builtModules}/double_free.ko`);
  await up.sees(/kernel oops in double_free_release\+0x\w+ \[double_free\]: double free/);
  expect((await events(lab)).at(-1)).toMatchObject({
    kind: 'double-free',
    function: 'double_free_release',
    file: join(shared, 'double_free.c'),
    line: lineOf('double_free', 'the crash'),
  });

  const locking = lab.start('ssh', '--', `insmod ${builtModules}/lock_up.ko seconds=15`);
  await up.sees(/soft lockup in lock_up_spin\+0x\w+ \[lock_up\]/);
  await locking.ended;
  const lockUp = (await events(lab)).at(-1);
  expect(lockUp).toMatchObject({
    kind: 'soft-lockup',
    function: 'lock_up_spin',
    module: 'lock_up',
    task: 'insmod',
    file: join(shared, 'lock_up.c'),
  });
  // The loop's condition, or what it does.
  expect(lineOf('lock_up', 'the lock-up') - Number(lockUp?.line)).toBeOneOf([0, 1]);

  const card = await lab.run('oops', '--last', '4');
  expect(card.stdout).toMatch(
    /^NULL pointer read in null_read_value, module null_read +task insmod/m,
  );
  expect(card.stdout).toMatch(/^ {2}null_read\.c:\d+ +null_read_value\+0x/m);
  expect(card.stdout).toContain('Look at ./shared/modules/null_read.c, line');
  expect(card.stdout).toContain('the field at offset 40 of a structure whose');
  expect(card.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);

  // The console at full speed, from two programs, and a crash in the middle of it.
  const flood = lab.start(
    'ssh',
    '--',
    'for n in 1 2; do timeout 12 yes "lunix: sensor $n is well" > /dev/ttyS0 & done; sleep 5; echo null-write > /proc/faulty; wait',
  );
  // A burst of the flood may stand in the line that names the place: then its caller is named, or
  // where it stands in the module's name, a function without one.
  await up.sees(/kernel oops in faulty_(?:null_)?write\+0x\w+/);
  await flood.ended;
  expect(peakMemoryKiB(up.child.pid)).toBeLessThan(120_000);

  const crash = lab.start('ssh', '--', 'echo c > /proc/sysrq-trigger');
  await up.sees(/kernel panic: sysrq triggered crash/);
  // A session of a dead guest ends, and says why.
  const { status: crashStatus, stderr: crashWords } = await crash.ended;
  expect(crashStatus).toBe(69);
  expect(crashWords).toContain('utopia oops');
  const kinds = (await events(lab)).map(({ kind }) => kind);
  // One event for each. Bursts of the flood may cut the lines that name the address, and the code
  // of the fault: then no more is known than that it is a page fault, or an oops.
  expect(kinds).toEqual([
    ...['null-dereference', 'atomic-sleep', 'double-free', 'soft-lockup'],
    ...[expect.stringMatching(/^(?:null-dereference|page-fault|oops)$/), 'panic'],
  ]);
  expect((await events(lab)).at(-1)).toMatchObject({ panic: 'sysrq triggered crash' });
  up.child.kill('SIGINT');
  await up.sees(/powering off/);
  up.child.kill('SIGINT');
  const { stderr } = await up.ended;
  expect(stderr.match(/kernel oops in/g)).toHaveLength(3);
  expect(stderr.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(lab.processes()).toEqual([]);

  // In a copy, one of several: the report has the lines, too.
  const several = await lab.run(
    ...['-C', dirname(shared), 'run', '--yes', '--json'],
    ...['--each', 'modules/null_read.ko', '--', 'insmod'],
  );
  const { runs } = JSON.parse(several.stdout) as {
    readonly runs: readonly { readonly crashes: readonly unknown[] }[];
  };
  expect(runs[0]?.crashes[0], several.stderr).toMatchObject({
    function: 'null_read_value',
    file: join(shared, 'null_read.c'),
    line: lineOf('null_read', 'the crash'),
  });
});
