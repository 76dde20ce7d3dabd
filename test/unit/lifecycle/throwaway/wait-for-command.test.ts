import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { noOutput } from '../../../../src/system/bounded-output.ts';
import {
  waitForCommand,
  CutOff,
  type CommandEnd,
  type RunningCommand,
} from '../../../../src/lifecycle/throwaway/wait-for-command.ts';
import type { MachineSession } from '../../../../src/lifecycle/watch/session.ts';
import { Interruption } from '../../../../src/environment.ts';
import type { GuestEvent } from '../../../../src/guest/events.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const never = new Promise<never>(() => {});
const output = { stdout: noOutput, stderr: noOutput };

/** A command in a guest that does as it is told. */
function attend(wish: {
  readonly ended?: RunningCommand['ended'];
  readonly silentMs?: number;
  readonly interruptible?: boolean;
  readonly consoleLog?: string;
}) {
  const listeners = new Set<(event: GuestEvent) => void>();
  const [first, second] = [new AbortController(), new AbortController()];
  const signals: string[] = [];
  const session = {
    onEvent: (listener: (event: GuestEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exited: never,
    failed: never,
    monitor: () => undefined,
  } as unknown as MachineSession;
  const command: RunningCommand = {
    ended: wish.ended ?? never,
    signal: async (name) => void signals.push(name),
    askSilence: () => wish.silentMs ?? 0,
  };
  const end: Promise<CommandEnd> = waitForCommand(command, session, {
    ...{ timeoutMs: undefined, signal: first.signal, urgentSignal: second.signal },
    consoleLog: wish.consoleLog ?? '/nonexistent',
    interruptible: wish.interruptible ?? false,
  });
  return {
    end,
    signals,
    tell: (kind: 'agent-left' | 'rebooted') => {
      const event = { kind, by: 'guest', atMs: 0 } as GuestEvent;
      for (const listener of listeners) listener(event);
    },
    interrupt: () => first.abort(new Interruption('SIGINT')),
  };
}

// No test waits for the times that are meant for guests.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Lets the clock go on until it has ended. */
async function over(end: Promise<CommandEnd>): Promise<CommandEnd> {
  let done = false;
  void end.then(() => (done = true));
  for (;;) {
    await vi.advanceTimersByTimeAsync(1_000);
    // A look at the console is a real one.
    await new Promise((resolve) => setImmediate(resolve));
    if (done) return await end;
  }
}

describe('a command', () => {
  test('that ends gives its status', async () => {
    const { end } = attend({ ended: Promise.resolve({ status: 3, ...output }) });
    expect(await end).toEqual({ kind: 'exited', status: 3 });
  });

  test('whose status comes from a port that the agent has left has none', async () => {
    let forge: ((told: { status: number } & typeof output) => void) | undefined;
    const ended = new Promise<{ status: number } & typeof output>((resolve) => (forge = resolve));
    const { end, tell } = attend({ ended });
    tell('agent-left');
    forge?.({ status: 0, ...output });
    expect(await over(end)).toEqual({
      kind: 'lost',
      why: 'The guest’s agent ended before the command.',
    });
  });

  test('whose guest goes down tells so, though its agent went first', async () => {
    const { end, tell } = attend({});
    tell('agent-left');
    tell('rebooted');
    expect(await over(end)).toEqual({ kind: 'gone', how: 'rebooted' });
  });

  test('whose agent says nonsense is lost, and no bug', async () => {
    const cause = new Error('The guest’s agent answered nonsense: a status of "abc".');
    const { end } = attend({ ended: Promise.reject(new CutOff(output, cause)) });
    expect(await over(end)).toEqual({ kind: 'lost', why: cause.message });
  });

  test('whose guest does not answer is given up on, after Ctrl-C soon', async () => {
    expect(await over(attend({ silentMs: 126_000 }).end)).toEqual({
      kind: 'silent',
      silentMs: 126_000,
    });
    const { end, interrupt, signals } = attend({ silentMs: 11_000 });
    interrupt();
    expect(await over(end)).toEqual({ kind: 'killed' });
    expect(signals).toEqual(['SIGINT']);
  });

  test('of several ends with the first Ctrl-C', async () => {
    const { end, interrupt } = attend({ interruptible: true });
    interrupt();
    expect(await end).toEqual({ kind: 'killed' });
  });

  test('whose guest floods its console is ended', async () => {
    using folder = temporaryFolder();
    const consoleLog = join(folder.path, 'console.log');
    writeFileSync(consoleLog, '');
    truncateSync(consoleLog, 65 * 2 ** 20);
    expect(await over(attend({ consoleLog }).end)).toMatchObject({ kind: 'flooded' });
  });
});
