import { expect, test } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { crashImage } from '../support/crash-image.ts';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// What becomes of a machine whose guest stands still, with real kernels; by a stand-in in
// test/cli/guest-state.test.ts.
needsOfHost('qemu', 'image-tools', 'ssh');

test('a guest that hangs, panics or halts, and nobody watches', { timeout: 900_000 }, async () => {
  // With a second processor the guest of the first's lock-up can go on answering.
  await using lab = await makeLab({ backing: await crashImage(), config: ['UTOPIA_CPUS=1'] });
  const done = async (...words: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await lab.run(...words);
    expect(status, `${words.join(' ')}: ${stderr}`).toBe(0);
    return stdout;
  };
  const state = async (): Promise<string> =>
    (JSON.parse(await done('status', '--json')) as { state: string }).state;
  const becomes = async (wanted: string): Promise<void> =>
    await expect.poll(state, { timeout: 120_000, interval: 500 }).toBe(wanted);
  await done('up', '--detach');
  const pid = await findRunning(lab.paths());

  // It only prints such words, as anybody in it can, and works as hard as it can meanwhile.
  const words = [
    ...['watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:1]', 'reboot: System halted'],
    '---[ end Kernel panic - not syncing: made up ]---',
  ];
  const print = words.map((line) => `echo '${line}' > /dev/ttyS0`).join('; ');
  const busy = 'timeout 8 dd if=/dev/zero of=/dev/null bs=64M & timeout 8 sha1sum /dev/zero &';
  await done('ssh', '--', `${print}; (${busy}) >/dev/null 2>&1`);
  for (let count = 0; count < 4; count += 1) {
    expect(await state()).toBe('running');
    await done('ssh', '--', print);
  }

  // A processor that does not come back, then the orderly way out of it that is there.
  const hang = 'sysctl -q kernel.watchdog_thresh=3; insmod /opt/modules/lock_up.ko seconds=100000';
  const sessions = [lab.start('ssh', '--', hang)];
  await becomes('locked-up');
  const refused = await lab.run('suspend');
  expect(refused.status).toBe(69);
  expect(refused.stderr).toMatch(/is locked\s+up[^]*soft lockup/);
  expect(JSON.parse(await done('reboot', '--json'))).toMatchObject({ step: 'reset' });
  expect(await state()).toBe('running');
  expect((await findRunning(lab.paths()))?.qemu).toEqual(pid?.qemu);
  expect((await lab.run('oops')).stdout).toContain('lock_up_spin');

  // A panic that no panic device reports.
  const unbind =
    'for d in /sys/bus/*/drivers/pvpanic*; do for e in $d/*:*; do echo ${e##*/} > $d/unbind; done; done';
  sessions.push(lab.start('ssh', '--', `${unbind} 2>/dev/null; echo c > /proc/sysrq-trigger`));
  await becomes('panicked');
  expect(JSON.parse(await done('reboot', '--json'))).toMatchObject({ step: 'reset' });
  expect(JSON.parse(await done('reboot', '--json'))).toMatchObject({ step: 'shut-down' });
  expect(await state()).toBe('running');
  sessions.push(lab.start('ssh', '--', 'echo c > /proc/sysrq-trigger'));
  await becomes('panicked');
  expect(JSON.parse(await done('down', '--json'))).toMatchObject({ because: 'panicked' });

  await done('up', '--detach');
  sessions.push(lab.start('ssh', '--', 'halt'));
  await becomes('halted');
  expect(JSON.parse(await done('down', '--json'))).toMatchObject({
    step: 'quit',
    because: 'halted',
  });
  await Promise.all(sessions.map(async ({ ended }) => await ended));
  expect(lab.processes()).toEqual([]);
});
