import { UtopiaError } from '../../errors.ts';
import { closeGdbStub, openGdbStub, queryGdbStub } from '../../qmp/gdb-stub.ts';
import { queryStatus } from '../../qmp/queries.ts';
import type { RunningMachine } from '../../machine/state.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';

/** QEMU's stub, open. */
export interface OpenStub {
  /** The machine's private socket. */
  readonly socket: string;
  /** Whether the guest ran, or was to be started by the debugger: it goes on afterwards. */
  readonly wasRunning: boolean;
  /** The guest has not run yet. */
  readonly atStart: boolean;
}

/**
 * Has the running QEMU listen for a debugger at the machine's private socket. Throws
 * `machine-busy` where one is connected already: QEMU serves one.
 */
export async function openStub(
  context: Pick<LifecycleContext, 'signal' | 'now'>,
  located: LocatedMachine,
  running: RunningMachine,
): Promise<OpenStub> {
  const { config, paths } = located;
  return await withMonitor(context, located, running, async (client) => {
    if ((await queryGdbStub(client)) === 'attached') {
      throw new UtopiaError('machine-busy', `A debugger is at ${config.name} already.`, {
        hint: 'QEMU serves one at a time: quit that gdb first.',
      });
    }
    const { running: isRunning, status } = await queryStatus(client);
    const atStart = status === 'prelaunch';
    const wasRunning = isRunning || atStart;
    const complaint = await openGdbStub(client, paths.gdbSocket);
    if (complaint === undefined) return { socket: paths.gdbSocket, wasRunning, atStart };
    throw new UtopiaError('qemu-failed', `QEMU does not open its gdb stub at ${paths.gdbSocket}.`, {
      details: complaint === '' ? [] : [`| ${complaint}`],
      hint: 'utopia down, then utopia up, starts QEMU anew.',
    });
  });
}

/** Closes the stub behind a debugger, with what that has left in it, and has the guest go on where it is stopped. */
export async function closeStub(
  context: Pick<LifecycleContext, 'now'>,
  located: LocatedMachine,
  running: RunningMachine,
  { wasRunning }: Pick<OpenStub, 'wasRunning'>,
): Promise<void> {
  // Also after Ctrl-C: a guest that stands still would look like one that hangs.
  const { signal } = new AbortController();
  await withMonitor({ ...context, signal }, located, running, async (client) => {
    await closeGdbStub(client, located.paths.gdbSocket, wasRunning);
  });
}
