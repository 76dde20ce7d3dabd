import { basename } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { closeShared } from '../guest/shared-connection.ts';
import { lockMachine } from '../machine/lock.ts';
import { waitForExit } from '../system/process.ts';
import { forgetRunning } from '../machine/state.ts';
import { quit } from '../qmp/queries.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { openProgress } from '../ui/progress.ts';
import type { VmStateManifest } from '../vmstate/manifest.ts';
import { writeManifest } from '../vmstate/manifest.ts';
import { suspendedFiles } from '../vmstate/suspended.ts';
import { locateMachine } from './locate.ts';
import { refuseLostGuest } from './guest-state/lost.ts';
import { requireRunning } from './monitor.ts';
import { holdRunning, saveMemory, type HeldMachine } from './time/save-memory.ts';

/** Another utopia may be starting or tidying up this machine. */
const lockWaitMs = 5_000;
/** QEMU has flushed its disks already. */
const endMs = 20_000;

/** `utopia suspend`: memory and devices go to a file beside the private file, and QEMU ends. */
export async function runSuspend(context: Context, globals: GlobalOptions): Promise<void> {
  const located = await locateMachine(context, globals);
  const { config, paths } = located;
  const { terminal } = context;
  const startedAt = performance.now();
  const running = await requireRunning(located);
  await refuseLostGuest(context, located, running, 'It is not suspended.');
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal: context.signal });
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  try {
    const held = await holdRunning(located, running, display);
    const manifest = await suspend(context, held);
    // As when it ends: their ssh sees the end of QEMU a moment later, and stays until then.
    await closeShared(paths.runtimeDir, context.env);
    await forgetRunning(paths);
    display.close();
    const elapsedMs = Math.round(performance.now() - startedAt);
    if (globals.json) {
      const { stateBytes: bytes } = manifest;
      terminal.json({ schema: 1, name: config.name, bytes, elapsedMs });
      return;
    }
    const size = formatBytes(manifest.stateBytes);
    terminal.out(`${config.name} is suspended after ${formatDuration(elapsedMs)} (${size}).`);
    terminal.out('  utopia up goes on where it was.');
  } finally {
    display.close();
    await lock.release();
  }
}

/**
 * Suspends a machine whose lock is held. Its state counts before QEMU ends: killed
 * at any moment, the machine runs, stands still, or is suspended.
 */
export async function suspend(context: Context, held: HeldMachine): Promise<VmStateManifest> {
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
