import { readSshBanner } from '../../guest/ssh-banner.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { reachable } from '../../machine/plan.ts';
import { isSshOpen, writeState, type RunningMachine } from '../../machine/state.ts';
import { lookForSuspended } from '../../vmstate/suspended.ts';
import { connectQmp, type QmpClient } from '../../qmp/client.ts';
import { queryGdbStub } from '../../qmp/gdb-stub.ts';
import { queryDiskFull, queryStatus, type RunState } from '../../qmp/queries.ts';
import { isReachable } from '../../system/look.ts';
import { lookAtGuest } from './guest-state.ts';

/** A guest that is up answers within this time, also under emulation. */
const bannerTimeoutMs = 700;

/** How a machine stands, in one word. */
export type MachineCondition =
  | 'stopped'
  | 'suspended'
  | 'booting'
  | 'running'
  | 'paused'
  | 'debugged'
  | 'paused-at-crash'
  | 'out-of-space'
  | 'halted'
  | 'panicked'
  | 'locked-up'
  | 'not-answering';

/** What each condition is called behind a machine's name. */
export const conditionTexts: Readonly<Record<MachineCondition, string>> = {
  stopped: 'is not running',
  suspended: 'is suspended; utopia up resumes it',
  booting: 'is booting',
  running: 'is running',
  paused: 'is paused; utopia up resumes it',
  debugged: 'is stopped by a debugger; continue in gdb lets it run',
  'paused-at-crash': 'is paused where its kernel crashed; utopia up resumes it',
  'out-of-space': 'is paused: the disk of the host is full',
  halted: 'has halted, and is off; utopia up starts it anew',
  panicked: 'is stopped: its kernel has panicked; utopia oops explains it',
  'locked-up': 'hangs: a processor is locked up; utopia oops shows where',
  'not-answering': 'runs, but its QEMU does not answer',
};

/**
 * How a machine stands: whether its private file has a saved state (also one whose record cannot
 * be read), asks QEMU, and SSH where nobody has seen it answer yet. Never throws.
 */
export async function findCondition(
  running: RunningMachine | undefined,
  paths: MachinePaths,
  now: () => Date,
  overlay?: string,
): Promise<MachineCondition> {
  if (running === undefined) {
    const saved = overlay === undefined ? 'absent' : (await lookForSuspended(overlay)).kind;
    return saved === 'absent' ? 'stopped' : 'suspended';
  }
  try {
    const client = await connectQmp(running.state?.plan.files.qmpSocket ?? paths.qmpSocket);
    try {
      const { status } = await queryStatus(client);
      if (status === 'io-error' && (await queryDiskFull(client))) return 'out-of-space';
      if (await isStoppedByDebugger(client, status)) return 'debugged';
      if (status === 'paused' && (await isReachable(paths.crashPauseFile)))
        return 'paused-at-crash';
      const { kind } = await lookAtGuest(client, { running, paths });
      if (kind !== 'well') return kind;
      if (status !== 'running') return 'paused';
      return (await isReady(running, paths, now)) ? 'running' : 'booting';
    } finally {
      client.close();
    }
  } catch {
    // QEMU opens its monitor a moment after it has started.
    return running.state?.readyAt === undefined ? 'booting' : 'not-answering';
  }
}

/** Whether one is there and has stopped it. One that was killed leaves the guest paused, or at a breakpoint. */
export async function isStoppedByDebugger(client: QmpClient, status: RunState): Promise<boolean> {
  if (status !== 'debug' && status !== 'paused') return false;
  return (await queryGdbStub(client)) === 'attached';
}

/** Where nobody waited for SSH, it is asked for now, and the answer is kept. */
async function isReady(
  { state }: RunningMachine,
  paths: MachinePaths,
  now: () => Date,
): Promise<boolean> {
  if (state === undefined || state.readyAt !== undefined) return true;
  // A throwaway copy: nobody learns its name before a command runs in it.
  if (state.ssh.port === 0) return true;
  // Who asks for that would have the guest stand still for it: the next command that gets in tells.
  if (!isSshOpen(state)) return false;
  const { host, port } = state.ssh;
  const banner = await readSshBanner({ host: reachable(host), port, timeoutMs: bannerTimeoutMs });
  if (banner === undefined) return false;
  await writeState(paths, { ...state, readyAt: now().toISOString() });
  return true;
}
