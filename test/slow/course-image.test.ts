import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { courseImage } from '../support/course-image.ts';
import { makeLab, type Lab, type RunResult } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// A machine of an image that knows nothing of us, by the file that utopia.sh
// reads: no serial console, grub waits, one password that everybody knows.
// The tests build on each other.
const ready = needsOfHost('qemu', 'image-tools', 'ssh');

let lab: Lab;

beforeAll(async () => {
  if (!ready) return;
  lab = await makeLab({ env: { UTOPIA_VNC: 'auto' } });
  symlinkSync(await courseImage(), join(lab.folder, 'cslab_rootfs_2024.raw'));
  const qemu = execFileSync('which', ['qemu-system-x86_64'], { encoding: 'utf8' }).trim();
  writeFileSync(
    join(lab.folder, 'utopia.config'),
    [
      '# Set these to where your files are.',
      `QEMU_BUILD_DIR=${dirname(dirname(qemu))}`,
      'QCOW2_BACKING_FILE=./cslab_rootfs_2024.raw',
      'QCOW2_PRIVATE_FILE=./private.qcow2',
      '',
      'UTOPIA_MEMORY_MB=1024',
      `UTOPIA_SSH_PORT=${lab.sshPort}`,
      'UTOPIA_SSH_INTERFACE=127.0.0.1',
      'SHARED_FS_DIR=./shared',
      '',
    ].join('\n'),
  );
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

async function succeeds(...words: readonly string[]): Promise<RunResult> {
  const result = await lab.run(...words);
  expect(result.status, `${words.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
  return result;
}

async function inGuest(line: string): Promise<string> {
  return (await succeeds('ssh', '--', line)).stdout.trimEnd();
}

test('it comes up although its console says nothing, and is entered', async () => {
  const up = await succeeds('up', '--detach');
  expect(up.stderr).toMatch(/ssh +SSH-2\.0-OpenSSH/);
  expect(await inGuest('hostname; id -un')).toBe('cslab\nroot');
  expect((await succeeds('exec', '-l', 'user', 'id', '-un')).stdout).toBe('user\n');
  writeFileSync(join(lab.folder, 'note'), 'copied');
  await succeeds('cp', 'note', ':/root/note');
  expect(await inGuest('cat /root/note')).toBe('copied');
});

test('the share of its fstab is the folder of the config', async () => {
  writeFileSync(join(lab.folder, 'shared/from-host'), 'here');
  await succeeds('mount');
  expect(await inGuest('cat /home/user/shared/from-host')).toBe('here');
  await inGuest('echo there > /home/user/shared/from-guest');
  expect(readFileSync(join(lab.folder, 'shared/from-guest'), 'utf8')).toBe('there\n');
});

test('a snapshot with its memory goes on', async () => {
  await inGuest('echo saved > /run/mem');
  const boot = await inGuest('cat /proc/sys/kernel/random/boot_id');
  await succeeds('snapshot', 'save', 'before');
  await inGuest('echo later > /run/mem');
  await succeeds('down', '--force');
  await succeeds('snapshot', 'restore', 'before');
  await succeeds('up', '--detach');
  expect(await inGuest('cat /run/mem /proc/sys/kernel/random/boot_id')).toBe(`saved\n${boot}`);
  await succeeds('down');
  expect(lab.processes()).toEqual([]);
});

test('a copy that boots, and its status', async () => {
  const run = await lab.run('run', '--cold', '--json', '--', 'sh', '-c', 'hostname; exit 7');
  expect(run.status, run.stderr).toBe(7);
  expect(JSON.parse(run.stdout)).toMatchObject({
    warm: false,
    outcome: 'exited',
    stdout: 'cslab\n',
  });
  expect(lab.processes()).toEqual([]);
});

test('a class from a warm base of it', async () => {
  await succeeds('image', 'warm');
  for (const [name, answer] of [
    ['anna', 42],
    ['babis', 41],
  ] as const) {
    mkdirSync(join(lab.folder, 'subs', name), { recursive: true });
    writeFileSync(join(lab.folder, 'subs', name, 'answer'), `${answer}\n`);
  }
  const each = await lab.run(
    ...['run', '--json', '--each', 'subs/anna', 'subs/babis'],
    ...['--', 'sh', '-c', 'test "$(cat {}/answer)" = 42'],
  );
  expect(each.status, each.stderr).toBe(1);
  const { runs } = JSON.parse(each.stdout) as { runs: Record<string, unknown>[] };
  expect(runs.map(({ item, outcome, status, warm }) => [item, outcome, status, warm])).toEqual([
    ['subs/anna', 'exited', 0, true],
    ['subs/babis', 'exited', 1, true],
  ]);
  expect(lab.processes()).toEqual([]);
});
