import { describe, expect, test } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { makeLab, type Lab, type RunResult } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Somebody else gets a connection to the guest in the moment in which we make ours: the stand-in says so.
needsOfHost('qemu');

const config = ['UTOPIA_LOGIN=key'];

/** The machine was ended at once, the command with it, and it says why. */
async function expectEnded(lab: Lab, { status, stdout, stderr }: RunResult): Promise<void> {
  expect(stderr).toContain('Another program connected to the guest before us.');
  expect(status, stdout + stderr).toBe(75);
  expect(lab.processes()).toEqual([]);
  expect(await findRunning(lab.paths())).toBeUndefined();
  expect((await lab.run('status')).stdout).toContain('is not running');
}

describe('UTOPIA_LOGIN=key', () => {
  for (const args of [['--detach'], []]) {
    test(`${['up', ...args].join(' ')} ends while the guest boots`, async () => {
      await using lab = await makeLab({ scenario: { ssh: 'banner', strangerFrom: 1 }, config });
      await expectEnded(lab, await lab.run('up', ...args));
    });

    test(`${['up', ...args].join(' ')} ends while passwords are closed`, async () => {
      await using lab = await makeLab({ scenario: { ssh: 'banner', strangerFrom: 2 }, config });
      await expectEnded(lab, await lab.run('up', ...args));
    });
  }

  test('a QEMU that crashes while the guest is asked is explained by its log', async () => {
    const crash = { afterMs: 1500, stderr: 'qemu: Nonsense\n', signal: 'SIGABRT' as const };
    const steps = [{ firmware: 'SeaBIOS (version 1.16)\n' }, crash];
    await using lab = await makeLab({ scenario: { steps }, config });
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(69);
    expect(stderr).toMatch(/SIGABRT/);
    expect(lab.processes()).toEqual([]);
  });

  test('a QEMU that does not answer is ended, and so is up', async () => {
    await using lab = await makeLab({ scenario: { deafTo: ['stop'] }, config });
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(75);
    expect(stderr).toContain('did not answer stop');
    expect(lab.processes()).toEqual([]);
  });

  test('login key ends the machine', async () => {
    await using lab = await makeLab({ scenario: { ssh: 'banner', strangerFrom: 1 }, config });
    const up = await lab.run('up', '--detach', '--no-wait');
    expect(up.status, up.stderr).toBe(0);
    await expectEnded(lab, await lab.run('login', 'key'));
  });
});

for (const command of [
  ['run', '--cold', '--', 'true'],
  ['image', 'warm'],
]) {
  test(`${command.join(' ')} ends`, async () => {
    await using lab = await makeLab({ scenario: { ssh: 'banner', strangerFrom: 1 } });
    const { status, stdout, stderr } = await lab.run(...command);
    expect(stderr).toContain('Another program connected to the guest before us.');
    expect(status, stdout + stderr).toBe(75);
    expect(lab.processes()).toEqual([]);
  });
}
