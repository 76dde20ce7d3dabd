import { UtopiaError } from '../../errors.ts';
import { lockMachine } from '../../machine/lock.ts';
import type { RunningMachine } from '../../machine/state.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { connectQmp, type QmpClient } from '../../qmp/client.ts';
import { queryStatus } from '../../qmp/queries.ts';
import { isReachable } from '../../system/look.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { conditionTexts, isStoppedByDebugger } from './condition.ts';

/**
 * Throws `machine-busy` for a guest that stands still, and does so until somebody lets it run: a
 * debugger has it, or a utopia that was killed has left it paused. One that is paused by a utopia
 * at work, which saves it, goes on by itself and is waited for. Quiet where QEMU does not tell.
 */
export async function refuseStoppedGuest(
  { signal }: Pick<LifecycleContext, 'signal'>,
  { config, paths }: LocatedMachine,
  running: RunningMachine,
): Promise<void> {
  const stopped = await findStopped(paths, running, signal);
  if (stopped === undefined) return;
  if (stopped === 'paused' && (await isHeld(paths.lockFile, signal))) return;
  throw new UtopiaError('machine-busy', `${config.name} ${conditionTexts[stopped]}.`, {
    hint: hints[stopped],
  });
}

type Stopped = 'debugged' | 'paused-at-crash' | 'paused';

const hints: Readonly<Record<Stopped, string>> = {
  debugged: 'In gdb: continue, or quit',
  'paused-at-crash': 'utopia gdb, utopia drgn and utopia dump look at it; utopia up has it go on.',
  paused: 'utopia up resumes it; utopia status says more.',
};

async function findStopped(
  paths: LocatedMachine['paths'],
  { state }: RunningMachine,
  signal: AbortSignal,
): Promise<Stopped | undefined> {
  try {
    const client = await connectQmp(state?.plan.files.qmpSocket ?? paths.qmpSocket, { signal });
    try {
      const { status } = await queryStatus(client);
      if (await isStoppedByDebugger(client, status)) return 'debugged';
      if (!['paused', 'debug', 'prelaunch'].includes(status)) return undefined;
      return (await isReachable(paths.crashPauseFile)) ? 'paused-at-crash' : 'paused';
    } finally {
      client.close();
    }
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Whether a guest is paused, and no utopia is at work that would let it run: a crash, or one that was killed. */
export async function isLeftPaused(
  paths: Pick<MachinePaths, 'lockFile' | 'crashPauseFile'>,
  client: QmpClient,
): Promise<boolean> {
  const { status } = await queryStatus(client);
  // It was left at a breakpoint.
  if (status === 'debug') return true;
  if (status !== 'paused') return false;
  if (await isReachable(paths.crashPauseFile)) return true;
  return !(await isHeld(paths.lockFile, new AbortController().signal));
}

/** Whether another utopia is at work on the machine. */
async function isHeld(lockFile: string, signal: AbortSignal): Promise<boolean> {
  try {
    await (await lockMachine(lockFile, { waitMs: 0, signal })).release();
    return false;
  } catch {
    return true;
  }
}
