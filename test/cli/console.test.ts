import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { startOnTerminal } from '../support/pseudo-terminal.ts';
import { needsOfHost } from '../support/requirements.ts';

// The built program as a user runs it; QEMU is a stand-in whose console echoes.
needsOfHost('qemu', 'script');

async function startedLab(): Promise<Lab> {
  const lab = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask1'] });
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  return lab;
}

function argumentsOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
}

describe('utopia logs', () => {
  test('reads the console of each start, and what QEMU said', async () => {
    await using lab = await makeLab({
      scenario: { steps: [{ stderr: 'warning: TCG\n' }, { boot: true }] },
    });
    const never = await lab.run('logs');
    expect(never).toMatchObject({ status: 69, stdout: '' });
    expect(never.stderr).toContain('was never started');
    await lab.run('up', '--detach');

    const now = await lab.run('logs');
    expect(now).toMatchObject({ status: 0, stderr: '' });
    expect(now.stdout).toContain('Linux version 6.1.0-56-amd64');
    expect(now.stdout).toContain('Welcome to Debian GNU/Linux 12 (bookworm)!');
    expect(now.stdout).not.toContain('\u001B');
    expect(now.stdout).toMatch(/lab login:\n$/);
    expect((await lab.run('logs', '--lines', '2')).stdout).toBe('\nlab login:\n');
    expect((await lab.run('logs', '--qemu')).stdout).toBe('warning: TCG\n');

    const before = await lab.run('logs', '--boot', '1');
    expect(before).toMatchObject({ status: 69 });
    expect(before.stderr).toMatch(/no log of 1 starts ago[^]* 0 {2}started 20\d\d-/);
    await lab.run('down');
    await lab.run('up', '--detach');
    expect((await lab.run('logs', '--boot', '1')).stdout).toContain('Power down');
    expect((await lab.run('logs', '--boot', '1', '--qemu')).stdout).toContain('warning: TCG');

    const both = await lab.run('logs', '--since', '1h');
    expect(both.stdout.match(/Linux version/g)).toHaveLength(2);
    expect(both.stderr.match(/^-- started /gm)).toHaveLength(2);
    expect(await lab.run('logs', '--since', '14:99')).toMatchObject({ status: 64 });

    const json = JSON.parse((await lab.run('logs', '--json')).stdout) as {
      boots: object[];
      lines: { time: string; text: string }[];
    };
    expect(json).toMatchObject({ schema: 1, log: 'console' });
    expect(json.boots).toHaveLength(2);
    expect(json.lines.find(({ text }) => text.includes('Linux version'))?.time).toMatch(
      /^20\d\d-.*Z$/,
    );
  });

  test('-f goes on over a new start, until Ctrl-C', async () => {
    await using lab = await startedLab();
    const follow = lab.start('logs', '-f');
    await follow.sees(/Linux version/);
    await lab.run('down');
    await follow.sees(/reboot: Power down/);
    await lab.run('up', '--detach');
    await follow.sees(/Linux version[^]*Power down[^]*Linux version[^]*Reached target/);
    follow.child.kill('SIGINT');
    const { status, stderr, stdout } = await follow.ended;
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    expect(stdout.match(/Linux version/g)).toHaveLength(2);
    expect(await lab.run('logs', '-f', '--boot', '1')).toMatchObject({ status: 64 });
  });
});

describe('utopia console', () => {
  test('types into the guest, leaves by Ctrl-] q, and the log goes on', async () => {
    await using lab = await startedLab();
    const console = startOnTerminal(lab, 'utopia console; echo status=$?; stty -a');
    await console.sees(/Ctrl-\] opens the menu/);
    await console.sees(/lab login:/);
    console.type('hello');
    await console.sees(/login: ?hello/);
    // Ctrl-C is the guest's.
    console.type('\u0003');
    await sleep(200);
    expect(console.child.exitCode).toBeNull();

    const second = startOnTerminal(lab, 'utopia console');
    expect(await second.ended).toBe(75);
    expect(second.shown()).toContain('Somebody else is at the console of ask1');

    console.type('\u001D');
    await console.sees(/q leaves/);
    console.type('s');
    await console.sees(/stty rows 24 cols 80/);
    console.type('\u001Dq');
    await console.sees(/Left the console; ask1 goes on/);
    await console.sees(/status=0/);
    expect(await console.ended).toBe(0);
    expect(console.shown()).toMatch(/ icanon.* echo /s);
    expect(readFileSync(lab.paths().consoleLog, 'utf8')).toContain('hello');
    expect((await lab.run('status')).stdout).toContain('ask1 is running');
  });

  test('ends with the machine, and by a signal, with the terminal as it was', async () => {
    await using lab = await startedLab();
    const ended = startOnTerminal(lab, 'utopia console; echo status=$?; stty -a');
    await ended.sees(/lab login:/);
    const pid = lab.processes().find((each) => argumentsOf(each).at(-1) === 'console');
    process.kill(pid ?? 0, 'SIGTERM');
    await ended.sees(/status=130/);
    await ended.ended;
    expect(ended.shown()).toMatch(/ icanon.* echo /s);

    const console = startOnTerminal(lab, 'utopia console; echo status=$?; stty -a');
    await console.sees(/lab login:/);
    await lab.run('down', '--force');
    await console.sees(/ask1 is off/);
    await console.sees(/status=0/);
    await console.ended;
    expect(console.shown()).toMatch(/ icanon.* echo /s);
  });

  test('wants a terminal, and a machine that runs', async () => {
    await using lab = await startedLab();
    const { status, stderr } = await lab.run('console');
    expect(status).toBe(64);
    expect(stderr).toMatch(/needs a terminal[^]*utopia logs -f/);
    await lab.run('down', '--force');
    const off = startOnTerminal(lab, 'utopia console');
    expect(await off.ended).toBe(69);
    expect(off.shown()).toContain('ask1 is not running');
  });
});
