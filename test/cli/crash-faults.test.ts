import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labWithGuest } from '../support/guest-lab.ts';
import { makeHeadersDisk } from '../support/headers-disk.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import type { StandInScenario } from '../support/stand-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What comes together with a crash, or a dump: a guest that is paused there and is asked for
// something, no room, a utopia that is killed. QEMU and ssh are stand-ins.
needsOfHost('qemu', 'image-tools', 'compiler', 'kernel-build');

const nullRead = readFileSync(
  join(import.meta.dirname, '../../fixtures/logs/crashes/debian-null-read.txt'),
  'utf8',
);
/** A guest that crashes when the test tells it to. */
const crashes: StandInScenario = {
  steps: [{ boot: true }, { console: nullRead, whenTold: true }],
};

async function up(lab: Lab): Promise<void> {
  const result = await lab.run('up', '--detach');
  expect(result, result.stderr).toMatchObject({ status: 0 });
  await expect.poll(() => existsSync(lab.paths().crashWatchFile)).toBe(true);
}

async function stateOf(lab: Lab): Promise<unknown> {
  return (JSON.parse((await lab.run('status', '--json')).stdout) as { state: unknown }).state;
}

const isPaused = async (lab: Lab): Promise<void> => {
  await expect.poll(async () => await stateOf(lab), { timeout: 20_000 }).toBe('paused-at-crash');
};

const inWords = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('a module whose guest is paused at its crash is judged at once, and that is said', async () => {
  using folder = temporaryFolder();
  const begun = join(folder.path, 'begun');
  // The trial never ends: its time is an hour.
  const action = `case $last in
    *'phase insert'*) : >'${begun}'; exec sleep 3600 ;;
    *rmmod*) echo outcome absent ;;
    *) cat >/dev/null ;;
  esac`;
  await using lab = await labWithGuest(folder.path, action, {
    scenario: crashes,
    backing: makeHeadersDisk(folder.path),
    config: ['UTOPIA_ON_CRASH=pause'],
  });
  const module = join(folder.path, 'module');
  mkdirSync(module);
  writeFileSync(join(module, 'Makefile'), 'obj-m := hello.o\n');
  writeFileSync(join(module, 'hello.c'), 'int hello = 1;\n');
  await up(lab);
  const words = ['module', 'test', '--in-machine', '--json', '--timeout', '3600', module];
  const trial = lab.start(...words);
  await expect.poll(() => existsSync(begun), { timeout: 60_000 }).toBe(true);
  lab.standIn?.tell();
  const { status, stdout, stderr } = await trial.ended;
  expect(status, stderr).toBe(70);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'crashed',
    reasons: [expect.stringContaining('NULL pointer read in null_read_value')],
    hints: [expect.stringMatching(/paused at its crash.*utopia up has it go on/)],
  });
  expect(await stateOf(lab)).toBe('paused-at-crash');
});

test('a guest that is paused at its crash with a mounted share is not suspended, and not asked', async () => {
  using folder = temporaryFolder();
  const blockers = [
    "Migration is disabled when VirtFS export path '/s' is mounted in the guest using mount_tag 'shared'",
  ];
  await using lab = await labWithGuest(folder.path, 'exec sleep 3600', {
    scenario: { ...crashes, blockers },
    config: ['UTOPIA_ON_CRASH=pause'],
  });
  await up(lab);
  lab.standIn?.tell();
  await isPaused(lab);
  const file = join(folder.path, 'commands');
  const commands = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const asked = commands();
  const { status, stderr } = await lab.run('suspend');
  expect(status, stderr).toBe(75);
  expect(inWords(stderr)).toContain('is paused, and its share cannot be unmounted for saving.');
  expect(stderr).toContain('utopia up resumes it');
  expect(commands()).toBe(asked);
  expect(await stateOf(lab)).toBe('paused-at-crash');
});

test('a crash is kept without a dump where there is no room for one, and that is said', async () => {
  // More memory than this file system has free; the stand-in takes none of it.
  const { bavail, bsize } = statfsSync(import.meta.dirname);
  const memory = Math.floor((bavail * bsize) / 1024 ** 2);
  await using lab = await makeLab({
    scenario: crashes,
    config: ['UTOPIA_ON_CRASH=keep', `UTOPIA_MEMORY_MB=${memory}`],
  });
  await up(lab);
  lab.standIn?.tell();
  const listed = async (): Promise<readonly unknown[]> =>
    (JSON.parse((await lab.run('crash', 'list', '--json')).stdout) as { crashes: unknown[] })
      .crashes;
  await expect.poll(async () => (await listed()).length, { timeout: 20_000 }).toBe(1);
  expect(await listed()).toMatchObject([
    { function: 'null_read_value', dump: null, snapshot: 'crash-1' },
  ]);
  const said = /No dump: there are .* free in .*, and .* are wanted/;
  expect(inWords((await lab.run('crash', 'show')).stdout)).toMatch(said);
  expect(existsSync(join(lab.paths().crashesDir, '1/memory.elf'))).toBe(false);
  expect(['running', 'booting']).toContain(await stateOf(lab));
});

/** Processes of a lab that read a dump's pipe. */
function readers(lab: Lab): number[] {
  return lab.processes().filter((pid) => {
    const file = `/proc/${pid}/cmdline`;
    const [program = '', path = ''] = existsSync(file)
      ? readFileSync(file, 'utf8').split('\0')
      : [];
    return program === 'cat' && path.startsWith(lab.paths().runtimeDir);
  });
}

test('who reads the pipe of a dump ends with the utopia that is killed', async () => {
  const dump = { pieces: 4096, betweenMs: 50 };
  await using lab = await makeLab({ scenario: { dump } });
  expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
  const dumping = lab.start('dump', 'guest.elf');
  await expect.poll(() => readers(lab).length, { timeout: 20_000 }).toBe(1);
  await expect.poll(async () => await stateOf(lab), { timeout: 20_000 }).toBe('paused');
  dumping.child.kill('SIGKILL');
  await dumping.ended;
  await expect.poll(() => readers(lab), { timeout: 20_000 }).toEqual([]);
  await expect.poll(async () => await stateOf(lab), { timeout: 20_000 }).toBe('running');
  expect(readdirSync(lab.folder).filter((name) => name === 'guest.elf')).toEqual([]);
});
