import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { identifyProcess, isAlive, signalProcess } from '../../../src/system/process.ts';
import { stopMachine, type StopCommands } from '../../../src/machine/stop.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that says `ready` and then waits, deaf to the signals named. */
async function startSleeper(deafTo: readonly string[] = []) {
  const traps = deafTo.map((name) => `trap '' ${name};`).join(' ');
  const child = spawn('bash', ['-c', `${traps} echo ready; while :; do read -t 60 <> <(:); done`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  const identity = await identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new Error('the sleeper did not start');
  return { child, identity };
}

const deadMonitor: StopCommands = {
  powerDown: () => Promise.reject(new Error('no monitor')),
  quit: () => Promise.reject(new Error('no monitor')),
};

describe('a process identity', () => {
  test('belongs to a running process until it ends', async () => {
    const { child, identity } = await startSleeper();
    expect(await isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isAlive(identity)).toBe(false);
    expect(await signalProcess(identity, 'SIGTERM')).toBe(false);
  });

  test('is not taken over by a later process with the same pid, nor by one of another boot', async () => {
    const { child, identity } = await startSleeper();
    expect(
      await signalProcess({ ...identity, startTicks: identity.startTicks - 1 }, 'SIGKILL'),
    ).toBe(false);
    expect(await signalProcess({ ...identity, bootId: 'another' }, 'SIGKILL')).toBe(false);
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });
});

describe('the stop ladder', () => {
  test('ends with power-down when the guest obeys', async () => {
    const { child, identity } = await startSleeper();
    const commands = { ...deadMonitor, powerDown: async () => void child.kill('SIGKILL') };
    expect(await stopMachine(identity, commands, { powerDownMs: 10_000 })).toBe('powered-down');
  });

  test('the power button is pressed again: a guest hears it only once it is up', async () => {
    const { child, identity } = await startSleeper();
    let pressed = 0;
    const powerDown = async (): Promise<void> => {
      pressed += 1;
      if (pressed === 2) child.kill('SIGKILL');
    };
    const commands = { ...deadMonitor, powerDown };
    expect(await stopMachine(identity, commands, { powerDownMs: 60_000 })).toBe('powered-down');
    expect(pressed).toBe(2);
  });

  test('quits when the guest ignores the button', async () => {
    const { child, identity } = await startSleeper();
    const steps: string[] = [];
    const commands = { powerDown: async () => {}, quit: async () => void child.kill('SIGKILL') };
    const options = { powerDownMs: 100, onStep: (step: string) => void steps.push(step) };
    expect(await stopMachine(identity, commands, options)).toBe('quit');
    expect(steps).toEqual(['power-down', 'quit']);
  });

  test('does not wait for the guest once somebody is in a hurry', async () => {
    const { child, identity } = await startSleeper();
    const hurry = new AbortController();
    const commands = {
      powerDown: async () => void setTimeout(() => hurry.abort(), 50),
      quit: async () => void child.kill('SIGKILL'),
    };
    const options = { powerDownMs: 600_000, hurry: hurry.signal };
    expect(await stopMachine(identity, commands, options)).toBe('quit');
  });

  test('presses no button of a guest that is dead', async () => {
    const { child, identity } = await startSleeper();
    let pressed = 0;
    const commands: StopCommands = {
      powerDown: async () => void (pressed += 1),
      quit: async () => void child.kill('SIGKILL'),
      prospect: async () => 'dead',
    };
    expect(await stopMachine(identity, commands, { powerDownMs: 600_000 })).toBe('quit');
    expect(pressed).toBe(0);
  });

  test('gives a guest that hangs ten seconds, and one that came back all its time', async () => {
    const { child, identity } = await startSleeper();
    const pressedAt: string[] = [];
    // It hangs, comes back, and hangs for good.
    const seen = ['hangs', 'hears', 'hangs', 'hangs', 'hangs'] as const;
    let looks = 0;
    const commands: StopCommands = {
      powerDown: async () => void pressedAt.push(seen[looks - 1] ?? 'never'),
      quit: async () => void child.kill('SIGKILL'),
      prospect: async () => seen[looks++] ?? 'hears',
    };
    expect(await stopMachine(identity, commands, { powerDownMs: 600_000 })).toBe('quit');
    expect(pressedAt).toEqual(['hangs', 'hears', 'hangs', 'hangs']);
  });

  test('terminates, then kills, when no monitor answers', async () => {
    const polite = await startSleeper();
    expect(await stopMachine(polite.identity, deadMonitor, { powerDownMs: 0 })).toBe('terminated');
    const deaf = await startSleeper(['TERM']);
    expect(await stopMachine(deaf.identity, deadMonitor, { powerDownMs: 0 })).toBe('killed');
    expect(await isAlive(deaf.identity)).toBe(false);
  });

  test('leaves a process alone that only has the pid', async () => {
    const { child, identity } = await startSleeper();
    const stale = { ...identity, startTicks: 1 };
    expect(await stopMachine(stale, deadMonitor, { powerDownMs: 0 })).toBe('gone');
    expect(child.signalCode).toBeNull();
  });
});
