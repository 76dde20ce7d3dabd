import { setTimeout as sleep } from 'node:timers/promises';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { findRunning, type RunningMachine } from '../../machine/state.ts';
import { connectQmp, type QmpClient } from '../../qmp/client.ts';
import { QmpConnectionError } from '../../qmp/qmp-errors.ts';
import type { LocatedMachine } from './locate.ts';

/** The running machine of this config. Throws `machine-not-running`. */
export async function requireRunning({ config, paths }: LocatedMachine): Promise<RunningMachine> {
  const running = await findRunning(paths);
  if (running !== undefined) return running;
  throw new UtopiaError('machine-not-running', `${config.name} is not running.`, {
    hint: 'utopia up',
  });
}

/** QEMU opens its sockets some 50 ms after its start; a busy host takes longer over that. */
const openingMs = 5_000;
const lookMs = 50;

/** Talks to a running machine's QEMU, and lets go of it afterwards. Throws a QmpConnectionError. */
export async function withMonitor<Result>(
  context: Pick<LifecycleContext, 'signal' | 'now'>,
  { paths }: Pick<LocatedMachine, 'paths'>,
  running: RunningMachine,
  talk: (client: QmpClient) => Promise<Result>,
): Promise<Result> {
  const client = await connectMonitor(context, paths, running);
  try {
    return await talk(client);
  } finally {
    client.close();
  }
}

/** Connects to a running machine's QEMU, also to one that opens its sockets just now. Throws a QmpConnectionError. */
export async function connectMonitor(
  { signal, now }: Pick<LifecycleContext, 'signal' | 'now'>,
  paths: LocatedMachine['paths'],
  running: RunningMachine,
): Promise<QmpClient> {
  const socket = running.state?.plan.files.qmpSocket ?? paths.qmpSocket;
  const opensUntil = Date.parse(running.state?.startedAt ?? '') + openingMs;
  const mayOpenYet = async (): Promise<boolean> =>
    now().getTime() < opensUntil && (await findRunning(paths)) !== undefined;
  return await connectWithRetry(socket, signal, mayOpenYet);
}

/** Tries again while nobody listens on the socket and `mayOpenYet`: a machine of a moment ago. */
async function connectWithRetry(
  socket: string,
  signal: AbortSignal,
  mayOpenYet: () => Promise<boolean>,
): Promise<QmpClient> {
  for (;;) {
    try {
      return await connectQmp(socket, { signal });
    } catch (error) {
      const absent = error instanceof QmpConnectionError && error.trouble === 'absent';
      if (!absent || !(await mayOpenYet())) throw error;
      await sleep(lookMs, undefined, { signal });
    }
  }
}

const reconnectMs = 5;

/** The monitor of a QEMU that was started a moment ago; `exit` tells when it has ended. Throws `qemu-failed`. */
export async function reachMonitor(
  socket: string,
  exit: () => unknown,
  signal: AbortSignal,
): Promise<QmpClient> {
  while (exit() === undefined) {
    const qmp = await connectQmp(socket, { signal }).catch(() => undefined);
    if (qmp !== undefined) return qmp;
    await sleep(reconnectMs, undefined, { signal });
  }
  throw new UtopiaError('qemu-failed', 'QEMU ended before its monitor could be reached.', {
    hint: 'utopia up --dry-run prints its command line.',
  });
}
