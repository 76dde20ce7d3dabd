import type { Context } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findRunning, type RunningMachine } from '../machine/state.ts';
import { connectQmp, type QmpClient } from '../qmp/client.ts';
import type { LocatedMachine } from './locate.ts';

/** The running machine of this config. Throws `machine-not-running`. */
export async function requireRunning({ config, paths }: LocatedMachine): Promise<RunningMachine> {
  const running = await findRunning(paths);
  if (running !== undefined) return running;
  throw new UtopiaError('machine-not-running', `${config.name} is not running.`, {
    hint: 'utopia up',
  });
}

/** Talks to a running machine's QEMU, and lets go of it afterwards. Throws a QmpConnectionError. */
export async function withMonitor<Result>(
  context: Pick<Context, 'signal'>,
  { paths }: LocatedMachine,
  running: RunningMachine,
  talk: (client: QmpClient) => Promise<Result>,
): Promise<Result> {
  const socket = running.state?.plan.files.qmpSocket ?? paths.qmpSocket;
  const client = await connectQmp(socket, { signal: context.signal });
  try {
    return await talk(client);
  } finally {
    client.close();
  }
}
