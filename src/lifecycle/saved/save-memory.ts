import { join } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError, messageOf } from '../../errors.ts';
import { machineArgv } from '../../machine/argv.ts';
import { refuseUnreadable, type RunningMachine } from '../../machine/state.ts';
import { connectQmp, type QmpClient } from '../../qmp/client.ts';
import { queryGdbStub } from '../../qmp/gdb-stub.ts';
import { queryStatus, resume } from '../../qmp/queries.ts';
import { formatBytes } from '../../text/format.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { describeState, identifyDisks, writtenDisks } from '../../vmstate/describe.ts';
import type { VmStateManifest } from '../../vmstate/manifest.ts';
import { queryMachineType } from '../../vmstate/migration.ts';
import { saveState } from '../../vmstate/save.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import type { ReleasedGuest } from './released-shares.ts';
import { releaseGuest, type PlannedMachine } from './release-shares.ts';
import { wakeIfUp } from './wake.ts';

/** A machine that runs, with our connection to it. */
export interface HeldMachine {
  readonly located: LocatedMachine;
  readonly running: PlannedMachine;
  readonly qmp: QmpClient;
  readonly display: ProgressDisplay;
}

/** Connects to a machine whose state is to be saved. Throws what connectQmp throws, and for a machine of unknown plan. */
export async function holdRunning(
  located: LocatedMachine,
  running: RunningMachine,
  display: ProgressDisplay,
): Promise<HeldMachine> {
  refuseUnreadable(located.paths, running);
  const { state, qemu } = running;
  if (state === undefined) {
    throw new UtopiaError('machine-busy', 'How this machine was started was not recorded.', {
      hint: 'utopia down, then utopia up',
    });
  }
  if (state.rescue !== undefined) {
    throw new UtopiaError(
      'machine-busy',
      `${located.config.name} runs to be rescued, and its state is not saved.`,
      { hint: 'utopia down; then utopia snapshot save keeps its disk.' },
    );
  }
  const qmp = await connectQmp(state.plan.files.qmpSocket);
  return { located, running: { qemu, state }, qmp, display };
}

/** With KVM, gdb's breakpoints are instructions in the guest's memory, and would be saved with it. */
export async function refuseDebugger({ located, qmp }: HeldMachine): Promise<void> {
  if ((await queryGdbStub(qmp)) !== 'attached') return;
  throw new UtopiaError(
    'machine-busy',
    `A debugger is at ${located.config.name}: its breakpoints would be saved with the memory.`,
    { hint: 'quit in gdb leaves the guest running; then again.' },
  );
}

/**
 * Saves the memory of a machine into `file` and gives the manifest that goes with
 * it. `meanwhile` runs when that is done: QEMU has flushed its disks and leaves them alone.
 * The machine stands still afterwards; after a failure, and when it is interrupted, it goes on,
 * as if nothing had been asked of it.
 */
export async function saveMemory(
  context: LifecycleContext,
  held: HeldMachine,
  file: string,
  meanwhile: () => Promise<void> = async () => {},
): Promise<VmStateManifest> {
  const { located, running, qmp, display } = held;
  await refuseDebugger(held);
  const wasRunning = (await queryStatus(qmp)).running;
  display.report({ kind: 'moved', title: 'guest', detail: 'readied for going on' });
  const released = await releaseGuest(context, located, running, qmp);
  const { plan, qemuVersion } = running.state;
  try {
    context.signal.throwIfAborted();
    const machineType = await queryMachineType(qmp);
    const saved = await saveState(qmp, {
      file,
      socketPath: join(located.paths.runtimeDir, 'save.sock'),
      signal: context.signal,
      onProgress: (bytes) =>
        display.report({ kind: 'moved', title: 'memory', detail: formatBytes(bytes) }),
    });
    display.report({
      kind: 'finished',
      title: 'memory',
      detail: formatBytes(saved.bytes),
      elapsedMs: saved.elapsedMs,
    });
    await meanwhile();
    return describeState({
      plan,
      argv: machineArgv(plan),
      qemuVersion,
      machineType,
      stateFile: file,
      stateBytes: saved.bytes,
      disks: await identifyDisks(writtenDisks(plan)),
      mounts: [...released.mounts],
      agent: released.agent === true,
      now: context.now(),
    });
  } catch (error) {
    if (wasRunning)
      await goOn(context, held, released).catch((failure: unknown) => {
        // The machine may have ended: that is what `error` says.
        const detail = messageOf(failure);
        display.report({ kind: 'warned', title: 'guest', detail });
      });
    throw error;
  }
}

/** Lets a machine that was stopped for saving go on; says on the terminal what did not come back. */
export async function goOn(
  context: LifecycleContext,
  { located, running, qmp, display }: HeldMachine,
  released: ReleasedGuest,
): Promise<void> {
  await resume(qmp);
  const trouble = await wakeIfUp(
    { ...context, signal: context.urgentSignal },
    located,
    running,
    released,
  );
  if (trouble !== undefined) display.report({ kind: 'warned', title: 'guest', detail: trouble });
}
