import { execFile } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await makeLab();
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** Runs a line of bash in the lab, in which `utopia` is the program under test. */
async function shell(line: string) {
  const [node, program] = lab.command.map((word) => `'${word}'`);
  const script = `utopia() { ${node} ${program} "$@"; }; ${line}`;
  const options = { cwd: lab.folder, env: lab.env };
  try {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], options);
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

describe('output that cannot be written', () => {
  test.each([
    ['ls'],
    ['ls --json'],
    ['config'],
    ['config --json'],
    ['doctor --list'],
    ['status'],
    ['disks'],
    ['image list --json'],
    ['snapshot list --json'],
    ['help run'],
    ['--help'],
    ['--version'],
  ])('%s > /dev/full is no bug: it says why, and fails', async (words) => {
    const { status, stderr } = await shell(`utopia ${words} >/dev/full`);
    expect(stderr).toMatch(/The output could not be written: (?:no space is left|ENOSPC)/);
    expect(stderr).not.toMatch(/has a bug|node:|\n {4}at /);
    expect(status).toBe(73);
  });

  test('neither is a full stderr, and the error of a command keeps its own status', async () => {
    expect(await shell('utopia config --bogus 2>/dev/full')).toMatchObject({ status: 64 });
    expect(await shell('utopia --quiet config 2>/dev/full')).toMatchObject({ status: 0 });
    expect(await shell('utopia ls >/dev/full 2>/dev/full')).toMatchObject({ status: 73 });
  });

  test('a reader that goes away ends a command quietly, also one that follows a file', async () => {
    for (const words of ['config', '--help', '--version', 'doctor --list']) {
      const gone = await shell(`utopia ${words} | true; exit "\${PIPESTATUS[0]}"`);
      expect(gone, words).toEqual({ status: 0, stdout: '', stderr: '' });
    }
    const { consoleLog } = lab.paths();
    mkdirSync(dirname(consoleLog), { recursive: true });
    writeFileSync(consoleLog, 'one\n');
    const writer = setInterval(() => appendFileSync(consoleLog, 'more\n'), 20);
    try {
      const followed = await shell('utopia logs -f | head -1');
      expect(followed).toEqual({ status: 0, stdout: 'one\n', stderr: '' });
    } finally {
      clearInterval(writer);
    }
  });
});

describe('foreign text', () => {
  const hostile = 'x\u001B[8m\u001B]0;TITLE\u0007\u009B31m\u202Egnp';

  test('of a log is harmless on a terminal, and as it is for a program', async () => {
    const { consoleLog } = lab.paths();
    mkdirSync(dirname(consoleLog), { recursive: true });
    writeFileSync(consoleLog, `abc\u009B31m\u202Egnp\n`);
    expect((await lab.runOnTerminal('logs')).stdout).toContain(String.raw`abc\u009b31m\u202egnp`);
    expect((await lab.run('logs')).stdout).toBe('abc\u009B31m\u202Egnp\n');
    const { stdout } = await lab.run('--json', 'logs');
    expect(stdout).not.toMatch(/[\u009B\u202E]/);
    expect(JSON.parse(stdout)).toMatchObject({ lines: [{ text: 'abc\u009B31m\u202Egnp' }] });
  });

  test('of a command line is harmless in errors', async () => {
    for (const words of [[hostile], ['snapshot', 'show', hostile], ['-n', hostile, 'status']]) {
      const { stderr, status } = await lab.run(...words);
      expect(status).not.toBe(0);
      expect(stderr).toMatch(/\\(?:x|u00)1b\[8m/);
      for (const acts of '\u001B\u0007\u009B\u202E') expect(stderr).not.toContain(acts);
    }
  });
});

test('a folder whose name is lines of ssh’s configuration does not get into it', async () => {
  const folder = join(lab.folder, 'sub\n  ProxyCommand touch PWNED\n#');
  mkdirSync(folder);
  writeFileSync(join(folder, 'utopia.config'), '');
  const { status, stderr } = await lab.run('-C', folder, 'ssh-config', '--install');
  expect(stderr).toMatch(/sub\\n\s+ProxyCommand touch PWNED\\n#/);
  expect(status).toBe(73);
  expect(existsSync(join(lab.env['HOME'] ?? '', '.ssh/config'))).toBe(false);
  expect(await lab.run('-C', folder, 'ssh-config')).toMatchObject({ status: 73, stdout: '' });
});

test('a pipe where a file is looked for is refused, and a log may be one', async () => {
  const pipe = join(lab.folder, 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  expect(await lab.run('--config', pipe, 'config')).toMatchObject({ status: 78 });
  const log = 'BUG: kernel NULL pointer dereference, address: 0000000000000008';
  const both = await shell(
    `(echo '${log}'; echo 'Oops: 0002 [#1] SMP') >pipe & utopia oops --log pipe`,
  );
  expect(both).toMatchObject({ status: 0, stdout: expect.stringContaining('NULL') as unknown });
  const substituted = await shell(`utopia oops --log <(echo '${log}'; echo 'Oops: 0002 [#1] SMP')`);
  expect(substituted).toMatchObject({ status: 0, stdout: both.stdout });
  const device = await lab.run('oops', '--log', '/dev/zero');
  expect(device).toMatchObject({
    status: 69,
    stderr: expect.stringContaining('it is a device') as unknown,
  });
});

test('waiting for a pipe that nobody writes to ends with SIGTERM', async () => {
  const pipe = join(lab.folder, 'silent');
  await promisify(execFile)('mkfifo', [pipe]);
  const { child, ended } = lab.start('oops', '--log', pipe);
  const fds = `/proc/${child.pid}/fd`;
  const isOpen = (): boolean =>
    readdirSync(fds).some((fd) => {
      try {
        return readlinkSync(join(fds, fd)) === pipe;
      } catch {
        return false;
      }
    });
  while (child.exitCode === null && !isOpen()) await sleep(20);
  child.kill('SIGTERM');
  expect((await ended).status).toBe(130);
});
