import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import { signalProcess, waitForExit } from '../../system/process.ts';
import { readQemuLog } from '../../machine/start.ts';
import { forgetRunning } from '../../machine/state.ts';
import { withoutWarnings } from '../../qemu-words.ts';
import { formatBytes, formatDuration } from '../../text/format.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { restoreState } from '../../vmstate/restore.ts';
import { forgetSuspended, type SuspendedMachine } from '../../vmstate/suspended.ts';
import type { LaunchedMachine } from '../launch/launched-machine.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { reachMonitor } from '../launch/monitor.ts';
import { forgetReleased, noteReleased } from './released-shares.ts';
import { notMounted, wakeByAgent } from './wake-by-agent.ts';
import { wokenLine } from './woken-line.ts';

const endMs = 5_000;

/**
 * Lets a QEMU that was started with a state file go on from it. The state counts
 * until the machine runs: when anything fails, QEMU is ended and the machine is
 * still suspended. Throws `qemu-failed` with QEMU's words, and what interrupted it.
 */
export async function restoreMachine(
  context: LifecycleContext,
  located: LocatedMachine,
  { started, plan }: Pick<LaunchedMachine, 'started' | 'plan'>,
  { manifest, stateFile }: SuspendedMachine,
  display: ProgressDisplay,
): Promise<void> {
  const all = manifest.stateBytes;
  try {
    const qmp = await reachMonitor(plan.files.qmpSocket, started.exit, context.signal);
    try {
      // Killed before its guest is woken, it runs on; the next `up` wakes it.
      await noteReleased(located.paths, started.identity, manifest);
      const elapsedMs = await restoreState(qmp, {
        uri: started.stateUri,
        qemuPid: started.identity.pid,
        onProgress: (bytes) =>
          display.report({ kind: 'moved', title: 'memory', fraction: Math.min(1, bytes / all) }),
      });
      // From here on its disk moves away from what was saved.
      await forgetSuspended(plan.overlay);
      const age = formatDuration(context.now().getTime() - Date.parse(manifest.savedAt));
      const detail = `${formatBytes(all)}, as it was ${age} ago`;
      display.report({ kind: 'finished', title: 'memory', detail, elapsedMs });
    } finally {
      qmp.close();
    }
  } catch (error) {
    await signalProcess(started.identity, 'SIGKILL');
    await waitForExit(started.identity, { timeoutMs: endMs });
    await forgetRunning(located.paths);
    context.signal.throwIfAborted();
    const words = withoutWarnings(await readQemuLog(located.paths)).slice(-5);
    throw new UtopiaError('qemu-failed', `QEMU could not restore ${stateFile}.`, {
      details: [...(error instanceof Error ? [error.message] : []), ...words],
      hint: 'The state is kept. To boot without it: utopia up --cold',
      cause: error,
    });
  }
}

/**
 * Wakes the guest of a machine that has been restored through the agent that was left in it, and
 * gives whether that was done: where there is none, or none answers, SSH is needed.
 */
export async function wakeRestored(
  context: LifecycleContext,
  { paths }: LocatedMachine,
  { agentSocket }: MachinePlan,
  { manifest }: SuspendedMachine,
  display: ProgressDisplay,
): Promise<boolean> {
  if (manifest.agent !== true || agentSocket === undefined) return false;
  display.report({ kind: 'moved', title: 'guest', detail: 'being woken' });
  const startedAt = performance.now();
  const woken = await wakeByAgent(context, agentSocket, manifest).catch(() => 'silent' as const);
  // Interrupted: told and dealt with where the start is waited for.
  if (woken === 'silent') return false;
  await forgetReleased(paths);
  const trouble = woken === 'woken' ? undefined : notMounted;
  display.report(wokenLine(manifest, trouble, performance.now() - startedAt));
  return true;
}
