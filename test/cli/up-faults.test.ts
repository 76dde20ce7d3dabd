import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { findRunning, type RunningMachine } from '../../src/machine/state.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Boots that fail, and processes that are killed at bad moments. QEMU is a stand-in.
needsOfHost('qemu');

const stuckBoot = { firmware: 'SeaBIOS (version 1.16)\nBooting from 0000:7c00\n' };

async function requireRunning(lab: Lab): Promise<RunningMachine> {
  const running = await findRunning(lab.paths());
  if (running === undefined) throw new Error('the machine does not run');
  return running;
}

/** The overlay is whole: qemu-img reads it, and the next start takes it. */
async function expectNextStartWorks(lab: Lab): Promise<void> {
  lab.standIn?.setScenario({});
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  expect((await lab.run('down')).status).toBe(0);
}

describe('a boot that fails ends with what happened, and the machine off', () => {
  test.each([
    [
      'QEMU dies at once',
      { dieAtOnce: { code: 1, stderr: 'qemu-system-x86_64: Could not open: Nonsense\n' } },
      /Nonsense/,
    ],
    [
      'QEMU crashes',
      { steps: [{ ...stuckBoot }, { afterMs: 100, signal: 'SIGABRT' as const }] },
      /SIGABRT/,
    ],
    [
      'the image cannot be locked',
      { dieAtOnce: { code: 1, stderr: 'qemu: -drive file=x: Failed to get "write" lock\n' } },
      /lock|in use/,
    ],
    [
      'no bootable disk',
      { steps: [{ firmware: 'SeaBIOS (version 1.16)\nNo bootable device.\n' }] },
      /boot/,
    ],
    [
      'a kernel that cannot mount its root',
      {
        steps: [
          stuckBoot,
          {
            console:
              'Linux version 6.1.0\n[    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n',
          },
        ],
      },
      /root/,
    ],
  ])('%s', async (_what, scenario, words) => {
    await using lab = await makeLab({ scenario });
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(69);
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/^ {2}Do {2}/m);
    expect(lab.processes()).toEqual([]);
    await expectNextStartWorks(lab);
  });

  test('a guest without a sign of life', async () => {
    await using lab = await makeLab({ scenario: { steps: [stuckBoot] } });
    const { status, stderr } = await lab.run('up', '--detach', '--stall', '5');
    expect(status).toBe(69);
    expect(stderr).toMatch(/silent|nothing|no sign/i);
    expect(lab.processes()).toEqual([]);
  });

  test('a guest that moves is waited for, until --timeout', async () => {
    const chatter = Array.from({ length: 100 }, (_unused, n) => ({
      afterMs: 100,
      console: `line ${n}\n`,
    }));
    await using lab = await makeLab({ scenario: { steps: [stuckBoot, ...chatter] } });
    const { status, stderr } = await lab.run('up', '--detach', '--stall', '5', '--timeout', '8');
    expect(status).toBe(69);
    expect(stderr).toMatch(/line [4-9]\d/);
    expect(lab.processes()).toEqual([]);
  });
});

describe('in the foreground', () => {
  test('Ctrl-C powers the guest off', async () => {
    await using lab = await makeLab({ scenario: {} });
    const up = lab.start('up');
    await up.sees(/stop +Ctrl-C here/);
    up.child.kill('SIGINT');
    const { status, stderr } = await up.ended;
    expect(status).toBe(0);
    expect(stderr).toContain('powering off');
    expect(stderr).toMatch(/off after .* your changes are in \.\/private\.qcow2/);
    expect(lab.processes()).toEqual([]);
  });

  test('a second Ctrl-C pulls the plug', async () => {
    await using lab = await makeLab({ scenario: { onPowerdown: 'ignore' } });
    const up = lab.start('up');
    await up.sees(/stop +Ctrl-C here/);
    up.child.kill('SIGINT');
    await up.sees(/powering off/);
    up.child.kill('SIGINT');
    expect((await up.ended).stderr).toContain('the plug was pulled');
    expect(lab.processes()).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('%s powers the guest off too', async (signal) => {
    await using lab = await makeLab({ scenario: {} });
    const up = lab.start('up');
    await up.sees(/stop +Ctrl-C here/);
    up.child.kill(signal);
    expect((await up.ended).stderr).toContain('off after');
    expect(lab.processes()).toEqual([]);
  });

  test('Ctrl-C during the boot leaves nothing running, and says so by its status', async () => {
    await using lab = await makeLab({ scenario: { steps: [stuckBoot] } });
    const up = lab.start('up');
    await up.sees(/boot loader/);
    up.child.kill('SIGINT');
    expect(await up.ended).toMatchObject({ status: 130 });
    expect(lab.processes()).toEqual([]);
  });

  test('a guest that powers itself off ends it well', async () => {
    const steps = [
      { boot: true as const },
      { afterMs: 2_000, event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } },
      { afterMs: 50, exit: 0 },
    ];
    await using lab = await makeLab({ scenario: { steps } });
    const { status, stderr } = await lab.run('up');
    expect(status).toBe(0);
    expect(stderr).toContain('guest powered off');
  });

  test('reboot, oops and panic are told', async () => {
    const oops =
      '[   99.0] BUG: kernel NULL pointer dereference, address: 0000000000000028\n' +
      '[   99.1] RIP: 0010:lunix_chrdev_read+0x4c/0x120 [lunix]\n';
    const steps = [
      { boot: true as const },
      { afterMs: 2_000, event: 'RESET', data: { guest: true, reason: 'guest-reset' } },
      { afterMs: 100, console: oops },
      { afterMs: 200, console: '[  100.0] Kernel panic - not syncing: Fatal exception\n' },
      { afterMs: 300, exit: 0 },
    ];
    await using lab = await makeLab({ scenario: { steps } });
    const { stderr } = await lab.run('up');
    expect(stderr).toContain('guest rebooted');
    expect(stderr).toContain('kernel oops in lunix_chrdev_read+0x4c [lunix]');
    expect(stderr).toContain('kernel panic: Fatal exception');
  });

  test('a full disk stops the guest, is said, and the guest goes on once there is room', async () => {
    const data = { device: 'disk0', nospace: true, action: 'stop', reason: 'No space left' };
    const steps = [
      { boot: true as const },
      { afterMs: 2_000, status: 'io-error', event: 'BLOCK_IO_ERROR', data },
    ];
    await using lab = await makeLab({ scenario: { steps } });
    const up = lab.start('up');
    await up.sees(/the disk of the host is full/);
    await up.sees(/there is room again/);
    expect(JSON.parse((await lab.run('status', '--json')).stdout)).toMatchObject({
      state: 'running',
    });
    up.child.kill('SIGINT');
    await up.ended;
  });

  test('a QEMU that is killed is noticed', async () => {
    await using lab = await makeLab({ scenario: {} });
    const up = lab.start('up');
    await up.sees(/stop +Ctrl-C here/);
    process.kill((await requireRunning(lab)).qemu.pid, 'SIGKILL');
    const { status, stderr } = await up.ended;
    expect(status).toBe(69);
    expect(stderr).toContain('SIGKILL');
    await expectNextStartWorks(lab);
  });
});

describe('whatever is killed', () => {
  test('a killed launcher leaves a machine that status shows and down stops', async () => {
    await using lab = await makeLab({ scenario: {} });
    const up = lab.start('up');
    await up.sees(/stop +Ctrl-C here/);
    up.child.kill('SIGKILL');
    await up.ended;
    expect(JSON.parse((await lab.run('status', '--json')).stdout)).toMatchObject({
      state: 'running',
    });
    expect((await lab.run('up', '--detach')).status).toBe(75);
    expect((await lab.run('down')).stdout).toContain('the guest powered down');
    await expectNextStartWorks(lab);
  });

  test('a launcher killed at any moment of a start costs nothing', async () => {
    await using lab = await makeLab({ scenario: {} });
    // Moments spread over a whole start, from Node's own to the banner.
    for (let moment = 40; moment < 900; moment += 90) {
      const up = lab.start('up', '--detach');
      await sleep(moment);
      up.child.kill('SIGKILL');
      await up.ended;
      expect((await lab.run('down', '--force')).status).toBe(0);
      // What was only asked for its features ends by itself; a machine would stay for a minute.
      await expect.poll(() => lab.processes(), { timeout: 20_000 }).toEqual([]);
    }
    await expectNextStartWorks(lab);
  });

  test('a launcher killed as it starts QEMU leaves a machine that down finds', async () => {
    await using lab = await makeLab({ scenario: {} });
    await expectNextStartWorks(lab);
    // This QEMU kills its launcher first, and is slow to say that it is there.
    const binary = lab.standIn?.binary ?? '';
    const standIn = readFileSync(binary, 'utf8');
    const murder = 'case " $* " in *" -pidfile "*) kill -9 $PPID; sleep 2 ;; esac';
    writeFileSync(binary, standIn.replace('\n', `\n${murder}\n`));
    const up = lab.start('up', '--detach');
    await up.ended;
    expect(up.child.signalCode).toBe('SIGKILL');
    expect((await lab.run('down', '--force')).stdout).toContain('is off');
    // The shell's own sleep outlives it.
    await expect.poll(() => lab.processes(), { timeout: 20_000 }).toEqual([]);
    writeFileSync(binary, standIn);
    await expectNextStartWorks(lab);
  });

  test('a killed detached QEMU leaves stale files that nobody trips over', async () => {
    await using lab = await makeLab({ scenario: {} });
    await lab.run('up', '--detach');
    process.kill((await requireRunning(lab)).qemu.pid, 'SIGKILL');
    await sleep(200);
    expect(JSON.parse((await lab.run('status', '--json')).stdout)).toMatchObject({
      state: 'stopped',
    });
    await expectNextStartWorks(lab);
  });

  test('a pid that belongs to another process now is left alone', async () => {
    await using lab = await makeLab({ scenario: {} });
    await lab.run('up', '--detach');
    const { qemu, state } = await requireRunning(lab);
    process.kill(qemu.pid, 'SIGKILL');
    await sleep(200);
    const reused = { ...state, qemu: { ...qemu, pid: process.pid } };
    writeFileSync(lab.paths().stateFile, JSON.stringify(reused));
    writeFileSync(lab.paths().pidFile, `${process.pid}\n`);
    expect((await lab.run('down', '--force')).stdout).toContain('is not running');
    await expectNextStartWorks(lab);
  });

  test('of two starts at once one wins, the other says that the machine runs', async () => {
    await using lab = await makeLab({ scenario: {} });
    const both = await Promise.all([lab.run('up', '--detach'), lab.run('up', '--detach')]);
    expect(both.map(({ status }) => Number(status)).toSorted((a, b) => a - b)).toEqual([0, 75]);
    expect(lab.processes()).toHaveLength(1);
  });
});

describe('down', () => {
  test.each([
    ['a guest that ignores the button', { onPowerdown: 'ignore' as const }, 'the plug was pulled'],
    [
      'a QEMU whose monitor is deaf',
      { deafTo: ['system_powerdown', 'quit'], greet: false },
      'ended by SIGTERM',
    ],
  ])('%s', async (_what, scenario, words) => {
    await using lab = await makeLab({ scenario });
    await lab.run('up', '--detach');
    const { status, stdout } = await lab.run('down', '--timeout', '1');
    expect(status).toBe(0);
    expect(stdout).toContain(words);
    expect(lab.processes()).toEqual([]);
  });

  test('Ctrl-C stops the waiting, not the machine', async () => {
    await using lab = await makeLab({ scenario: { onPowerdown: 'ignore' } });
    await lab.run('up', '--detach');
    const down = lab.start('down');
    await sleep(700);
    down.child.kill('SIGINT');
    const { status, stderr } = await down.ended;
    expect(status).toBe(130);
    expect(stderr).toContain('utopia down --force');
    expect(await findRunning(lab.paths())).toBeDefined();
    expect(readFileSync(join(lab.folder, 'utopia.config'), 'utf8')).not.toBe('');
  });
});
