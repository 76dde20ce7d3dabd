import { basename } from 'node:path';
import { closeShared } from '../../guest/shared-connection.ts';
import { lockMachine } from '../../machine/lock.ts';
import { forgetRunning } from '../../machine/state.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { quit } from '../../qmp/queries.ts';
import { waitForExit } from '../../system/process.ts';
import { writeManifest, type VmStateManifest } from '../../vmstate/manifest.ts';
import { suspendedFiles } from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { requireRunning } from '../launch/monitor.ts';
import { refuseLostGuest } from '../watch/lost-guest-error.ts';
import { holdRunning, saveMemory, type HeldMachine } from './save-memory.ts';

/** Another utopia may be starting or tidying up this machine. */
const lockWaitMs = 5_000;
/** QEMU has flushed its disks already. */
const endMs = 20_000;

/**
 * Saves memory and devices of a running machine beside its private file, and ends its QEMU.
 * After a failure, and when it is interrupted, the machine runs on. Throws
 * `machine-not-running`, `guest-lost` for a guest that cannot be readied, `machine-busy`.
 */
export async function suspendMachine(
  context: LifecycleContext,
  located: LocatedMachine,
  display: ProgressDisplay,
): Promise<VmStateManifest> {
  const { paths } = located;
  const running = await requireRunning(located);
  await refuseLostGuest(context, located, running, 'It is not suspended.');
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal: context.signal });
  try {
    const manifest = await suspend(context, await holdRunning(located, running, display));
    // As when it ends: their ssh sees the end of QEMU a moment later, and stays until then.
    await closeShared(paths.runtimeDir, context.env);
    await forgetRunning(paths);
    return manifest;
  } finally {
    await lock.release();
  }
}

/**
 * Suspends a machine whose lock is held. Its state counts before QEMU ends: killed
 * at any moment, the machine runs, stands still, or is suspended.
 */
async function suspend(context: LifecycleContext, held: HeldMachine): Promise<VmStateManifest> {
  const { running, qmp } = held;
  const { overlay } = running.state.plan;
  const files = suspendedFiles(overlay);
  try {
    const manifest = await saveMemory(context, held, files.state);
    const own = { ...manifest, stateFile: basename(files.state) };
    await writeManifest(files.manifest, own);
    await quit(qmp);
    await waitForExit(running.qemu, { timeoutMs: endMs });
    return own;
  } finally {
    qmp.close();
  }
}
