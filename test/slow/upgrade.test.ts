import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { install, missingCommit, packCommit } from '../support/earlier-release.ts';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { packProgram } from '../support/program.ts';
import { needsOfHost, skipBecause } from '../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// What an earlier release has made goes on under this one: its program is packed
// from its commit, makes everything, and is then replaced as npm replaces it.
// The tests build on each other, over one warm base.

/** The release before what it makes became its user's alone. */
const earlier = '37d1747';

const able = needsOfHost('qemu', 'image-tools', 'ssh');
const missing = missingCommit(earlier);
beforeEach((context) => skipBecause(context, missing));

let lab: Lab;
let folder: TemporaryFolder;
let bootOfSuspended: string;
let bootOfSnapshot: string;
let bootOfRunning: string;

const bootId = 'cat /proc/sys/kernel/random/boot_id';
/** The machine that runs on while the program is replaced. */
const running = ['--config', 'running.config'] as const;
/** The machine that is off meanwhile. */
const off = ['--config', 'off.config'] as const;

async function succeeds(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.run(...words);
  expect(status, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** A line of shell in a machine's guest. */
async function inGuest(machine: readonly string[], line: string): Promise<string> {
  return (await succeeds(...machine, 'ssh', '--', line)).trimEnd();
}

/** What this ssh of the host says, through the block that `ssh-config --install` has made. */
function overHostBlock(name: string, line: string): string {
  const config = join(lab.env['HOME'] ?? '', '.ssh/config');
  const { stdout, stderr } = spawnSync('ssh', ['-F', config, name, line], {
    ...{ encoding: 'utf8', env: lab.env, timeout: 120_000 },
  });
  return stdout.trimEnd() || stderr;
}

async function nameOfHostBlock(): Promise<string> {
  return /^Host (\S+)/m.exec(await succeeds('ssh-config'))?.[1] ?? '';
}

beforeAll(async () => {
  if (!able || missing !== undefined) return;
  folder = temporaryFolder();
  const program = install(packCommit(earlier, folder.path), folder.path);
  const backing = await testImage();
  lab = await makeLab({ backing, program });
  for (const name of ['running', 'off']) {
    writeFileSync(
      join(lab.folder, `${name}.config`),
      [
        `QCOW2_BACKING_FILE='${backing}'`,
        `QCOW2_PRIVATE_FILE=./${name}.qcow2`,
        'UTOPIA_SSH_PORT=auto\nUTOPIA_VNC=off\n',
      ].join('\n'),
    );
  }
  await succeeds('image', 'warm');
  await succeeds('up', '--detach');
  await inGuest([], 'echo saved > /root/mine; echo saved > /run/mem');
  bootOfSnapshot = await inGuest([], bootId);
  await succeeds('snapshot', 'save', 'before');
  await inGuest([], 'echo later > /root/mine; echo later > /run/mem');
  await succeeds('ssh-config', '--install');
  bootOfSuspended = await inGuest([], bootId);
  await succeeds('suspend');

  await succeeds(...off, 'up', '--detach');
  await inGuest(off, 'echo of mine > /root/mine; sync');
  await succeeds(...off, 'down');

  await succeeds(...running, 'up', '--detach');
  await inGuest(running, 'echo running > /run/mem');
  bootOfRunning = await inGuest(running, bootId);

  const tarballs = temporaryFolder();
  install(packProgram(tarballs.path), folder.path);
  tarballs[Symbol.dispose]();
});

afterAll(async () => {
  await lab?.run(...running, 'down', '--force');
  await lab?.run(...off, 'down', '--force');
  await lab?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

test('a machine that runs is known, entered and stopped', async () => {
  expect(await succeeds('ls')).toMatch(/running/);
  expect(JSON.parse(await succeeds(...running, 'status', '--json'))).toMatchObject({
    state: 'running',
  });
  expect(await inGuest(running, `cat /run/mem; ${bootId}`)).toBe(`running\n${bootOfRunning}`);
  expect(await succeeds(...running, 'down')).toContain('is off');
});

test('a warm base still serves', async () => {
  const run = await lab.run('run', '--json', '--', 'sh', '-c', 'echo in the copy');
  expect(run.status, run.stderr).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({ warm: true, stdout: 'in the copy\n' });
});

test('a suspended machine goes on where it was', async () => {
  await succeeds('up', '--detach');
  const seen = await inGuest([], `cat /root/mine /run/mem; ${bootId}`);
  expect(seen).toBe(`later\nlater\n${bootOfSuspended}`);
});

test('an installed ssh-config still leads there, and goes when it is removed', async () => {
  const name = await nameOfHostBlock();
  expect(overHostBlock(name, 'cat /run/mem')).toBe('later');
  await succeeds('ssh-config', '--install');
  expect(overHostBlock(name, 'cat /run/mem')).toBe('later');
  await succeeds('ssh-config', '--remove');
  const config = join(lab.env['HOME'] ?? '', '.ssh/config');
  expect(existsSync(config) ? readFileSync(config, 'utf8') : '').not.toContain('utopia');
});

test('a copy of a snapshot starts from its memory', async () => {
  const words = ['--', 'sh', '-c', `cat /root/mine /run/mem; ${bootId}`];
  const copy = await lab.run('run', '--json', '--from', 'before', ...words);
  expect(copy.status, copy.stderr).toBe(0);
  expect(JSON.parse(copy.stdout)).toMatchObject({
    warm: true,
    stdout: `saved\nsaved\n${bootOfSnapshot}\n`,
  });
});

test('a snapshot with memory is restored', async () => {
  expect(await succeeds('snapshot', 'list')).toContain('before');
  await succeeds('down', '--force');
  await succeeds('snapshot', 'restore', 'before');
  await succeeds('up', '--detach');
  const seen = await inGuest([], `cat /root/mine /run/mem; ${bootId}`);
  expect(seen).toBe(`saved\nsaved\n${bootOfSnapshot}`);
  await succeeds('down', '--force');
});

test('an overlay boots with what was written', async () => {
  await succeeds(...off, 'up', '--detach');
  expect(await inGuest(off, 'cat /root/mine')).toBe('of mine');
  await succeeds(...off, 'down', '--force');
});
