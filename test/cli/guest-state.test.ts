import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import type { StandInStep } from '../support/stand-in.ts';

// A guest that has halted, panicked or locked up, and one that only prints such words: what each
// command makes of it. QEMU is a stand-in; its registers are those of real ones.

const panicWords = 'Kernel panic - not syncing: sysrq triggered crash';
const lockUpWords = 'watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [insmod:512]';

const signs = {
  halted: '[   33.044539] reboot: System halted\r\n',
  panicked: `[   49.808445] ---[ end ${panicWords} ]---\r\n`,
  'locked-up': `[   59.914397] ${lockUpWords}\r\n`,
} as const;

/** A lab that came up with nobody watching, and then to this. */
async function labThat(
  step: StandInStep,
  onPowerdown: 'shutdown' | 'ignore' = 'shutdown',
): Promise<Lab> {
  const steps: StandInStep[] = [{ boot: true }, { whenTold: true, ...step }];
  const lab = await makeLab({ scenario: { onPowerdown, steps } });
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  await tell(lab, step.console?.trim() ?? '');
  return lab;
}

/** Has the stand-in go on, and waits until its console says so. */
async function tell(lab: Lab, words: string): Promise<void> {
  lab.standIn?.tell();
  await expect
    .poll(async () => (await lab.run('logs')).stdout, { timeout: 60_000, interval: 100 })
    .toContain(words);
}

async function stateOf(lab: Lab): Promise<string> {
  return (JSON.parse((await lab.run('status', '--json')).stdout) as { state: string }).state;
}

test.each([
  ['halted', /The guest has halted/, [['exec', 'true'], ['mount']]],
  [
    'panicked',
    /The guest's kernel has panicked\.[^]*sysrq triggered crash/,
    [['cp', 'utopia.config', ':']],
  ],
  ['locked-up', /A processor of the guest is locked up[^]*soft lockup - CPU#1/, []],
] as const)('a guest that is %s: every command says so', async (state, said, more) => {
  const step: StandInStep = { ssh: 'silent', processors: state, console: signs[state] };
  // One that hangs does not hear the power button; the others are not even asked.
  await using lab = await labThat(step, state === 'locked-up' ? 'ignore' : 'shutdown');
  expect(await stateOf(lab)).toBe(state);
  for (const command of [['ssh', '--', 'true'], ['suspend'], ...more]) {
    const { status, stderr } = await lab.run(...command);
    expect({ command, status }).toEqual({ command, status: 69 });
    expect(stderr).toMatch(said);
  }
  const forwards = await lab.run('forward');
  expect(forwards.status).toBe(0);
  expect(forwards.stderr).toMatch(/^! .*(?:halted|panicked|locked)/);
  expect((await lab.run('up', '--detach')).stderr).toMatch(
    /had halted|sysrq triggered|soft lockup/,
  );
  if (state === 'halted') return;
  const { stdout } = await lab.run('down', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ step: 'quit', because: state });
  expect(lab.processes()).toEqual([]);
});

test('a guest that has halted: down presses no button, up starts anew', async () => {
  const step: StandInStep = { processors: 'halted', console: signs.halted };
  await using lab = await labThat(step);
  const before = lab.processes();
  const { status, stderr } = await lab.run('up', '--detach');
  expect(status, stderr).toBe(0);
  expect(stderr).toContain('had halted; it starts anew');
  expect(lab.processes()).not.toEqual(before);
  await tell(lab, signs.halted.trim());
  await expect.poll(async () => await stateOf(lab), { timeout: 60_000 }).toBe('halted');
  const { stdout } = await lab.run('down');
  expect(stdout).toContain('the guest had halted, the plug was pulled');
  expect(lab.processes()).toEqual([]);
});

test.each(['halted', 'panicked', 'locked-up'] as const)(
  'a guest that only prints that it is %s goes on, also one too busy for SSH',
  async (state) => {
    await using lab = await labThat({ ssh: 'silent', processors: 'busy', console: signs[state] });
    expect(await stateOf(lab)).toBe('running');
    expect((await lab.run('down')).stdout).toContain('the guest powered down');
  },
);

test('a guest with one processor locked up that still answers can be worked in, and is not waited for', async () => {
  const step: StandInStep = { processors: 'locked-up', console: signs['locked-up'] };
  await using lab = await labThat(step, 'ignore');
  expect(await stateOf(lab)).toBe('running');
  const { stdout } = await lab.run('down', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ step: 'quit', because: 'locked-up' });
});

test('a guest that answers lives, whatever it prints, and is not asked again', async () => {
  const step: StandInStep = { processors: 'busy', console: signs['locked-up'] };
  await using lab = await labThat(step);
  expect(await stateOf(lab)).toBe('running');
  const asked = (): number =>
    lab.standIn?.monitored().filter((line) => line === 'info registers -a').length ?? 0;
  const before = asked();
  expect(await stateOf(lab)).toBe('running');
  expect(asked() - before).toBe(1);
});

test('up in the foreground ends with a guest that halts, and not with its words', async () => {
  const words: StandInStep = { whenTold: true, console: `# echo ${signs.halted}# ` };
  await using liar = await makeLab({ scenario: { steps: [{ boot: true }, words] } });
  const lying = liar.start('up');
  await lying.sees(/stop +Ctrl-C here/);
  await tell(liar, 'System halted');
  expect(await stateOf(liar)).toBe('running');
  lying.child.kill('SIGINT');
  expect((await lying.ended).stderr).toMatch(/off after/);

  const end: StandInStep = { whenTold: true, processors: 'halted', console: signs.halted };
  await using lab = await makeLab({ scenario: { steps: [{ boot: true }, end] } });
  const up = lab.start('up');
  await up.sees(/stop +Ctrl-C here/);
  lab.standIn?.tell();
  const { status, stderr } = await up.ended;
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/guest halted\n[^]*off · your changes are in/);
  expect(lab.processes()).toEqual([]);
});

async function pidOf(lab: Lab): Promise<number | undefined> {
  return (JSON.parse((await lab.run('status', '--json')).stdout) as { pid?: number }).pid;
}

describe('reboot', () => {
  test('the guest shuts down and boots again, in the same QEMU', async () => {
    await using lab = await makeLab({ scenario: {} });
    expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
    const before = await pidOf(lab);
    const { status, stdout, stderr } = await lab.run('reboot');
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/is up again after .*: the guest shut down, and was started anew/);
    expect(await pidOf(lab)).toBe(before);
    expect((await lab.run('logs')).stdout).toContain('reboot: Power down');
    // A guest that powers off ends its QEMU again.
    expect((await lab.run('down')).stdout).toContain('the guest powered down');
  });

  test('one that has panicked is reset at once, and one that ignores the button by --force', async () => {
    const panic: StandInStep = { ssh: 'silent', processors: 'panicked', console: signs.panicked };
    await using lab = await labThat(panic, 'ignore');
    for (const force of [[], ['--force']]) {
      const { status, stdout, stderr } = await lab.run('reboot', '--json', ...force);
      expect(status, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ step: 'reset' });
      expect(await stateOf(lab)).toBe('running');
    }
  });

  test('one whose next boot panics is told of', async () => {
    const panic: StandInStep = { processors: 'panicked', console: signs.panicked };
    await using lab = await makeLab({
      scenario: { afterReset: [{ firmware: 'SeaBIOS\n' }, { afterMs: 50, ...panic }] },
    });
    expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
    const { status, stderr } = await lab.run('reboot', '--force');
    expect(status).toBe(69);
    expect(stderr).toContain('has panicked');
  });

  test('no machine, and one that is paused', async () => {
    await using lab = await makeLab({ scenario: {} });
    expect(await lab.run('reboot')).toMatchObject({ status: 69 });
    lab.standIn?.setScenario({ steps: [{ boot: true }, { whenTold: true, status: 'paused' }] });
    expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
    lab.standIn?.tell();
    await expect.poll(async () => await stateOf(lab)).toBe('paused');
    const { status, stderr } = await lab.run('reboot');
    expect(status).toBe(75);
    expect(stderr).toContain('utopia up resumes it');
  });
});
