import { basename } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { copyDisk, linkOrCopy } from '../../image/copy-disk.ts';
import { isThere } from '../../system/look.ts';
import { copyLayers } from '../../image/layer-sets.ts';
import { saveSnapshot } from '../../image/snapshot-moves.ts';
import type { Snapshot, SnapshotFiles, SnapshotNote } from '../../image/snapshots.ts';
import { lockMachine } from '../../machine/lock.ts';
import type { ProgressDisplay, ReportProgress } from '../../progress-events.ts';
import { queryStatus } from '../../qmp/queries.ts';
import { formatBytes } from '../../text/format.ts';
import { identifyDisk, identifyDisks } from '../../vmstate/describe.ts';
import { compareStates } from '../../vmstate/manifest.ts';
import { requireSuspended, type SuspendedMachine } from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { holdStoppedMachine } from '../launch/hold-machine.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { requireRunning } from '../launch/monitor.ts';
import { goOn, holdRunning, refuseDebugger, saveMemory, type HeldMachine } from './save-memory.ts';
import { layersOf, writeMemoryNote } from './snapshot-memory.ts';

/** Another utopia may be starting or tidying up this machine. */
const lockWaitMs = 5_000;

/** With `replace` a snapshot of this name goes when the new one is whole. */
type Note = Pick<SnapshotNote, 'name' | 'text'> & { readonly replace: boolean };

/** Saves the private file of a machine that is off, with its memory where it is suspended. Throws `overlay-missing`, `state-unfit`, `machine-running`. */
export async function saveStopped(
  context: LifecycleContext,
  located: LocatedMachine,
  { replace, ...note }: Note,
): Promise<Snapshot> {
  const { privateFile } = located.config;
  const { signal } = context;
  const held = await holdStoppedMachine(context, located, 'Its disk cannot be copied');
  try {
    if (!(await isThere(privateFile))) {
      throw new UtopiaError('overlay-missing', `There is no ${privateFile}: nothing to save yet.`, {
        hint: 'utopia up',
      });
    }
    const suspended = await requireSuspended(privateFile);
    if (suspended !== undefined) await refuseUnfit(privateFile, suspended);
    const fill = async (files: SnapshotFiles): Promise<void> => {
      await copyDisk(privateFile, files.disk, signal);
      if (suspended === undefined) return;
      const { manifest, stateFile } = suspended;
      await linkOrCopy(stateFile, files.state, signal);
      const layers = layersOf(manifest, located.paths);
      await copyLayers(layers, located.paths.disksDir, files.layersDir, signal);
      await writeMemoryNote(files, manifest, located.paths);
    };
    const now = context.now();
    return await saveSnapshot(located.paths, privateFile, note, { now, fill, replace });
  } finally {
    await held.release();
  }
}

/** Memory that no longer fits its disk must not be made to fit a copy of it. */
async function refuseUnfit(
  privateFile: string,
  { manifest, stateFile }: SuspendedMachine,
): Promise<void> {
  const state = await identifyDisk(stateFile);
  const disks = await identifyDisks(manifest.disks.map(({ path }) => path));
  const changed = compareStates(manifest, { ...manifest, disks });
  if (changed.length === 0 && state?.bytes === manifest.stateBytes) return;
  throw new UtopiaError(
    'state-unfit',
    `The machine is suspended, and its memory does not fit ${privateFile} any more.`,
    { hint: 'utopia up says what has changed; utopia up --cold boots without the memory.' },
  );
}

/**
 * Saves a running machine, which stands still meanwhile and goes on, also after a failure. Throws
 * `machine-busy` for one that stands still already, and what saving its memory throws.
 */
export async function saveRunning(
  context: LifecycleContext,
  located: LocatedMachine,
  { replace, ...note }: Note,
  display: ProgressDisplay,
): Promise<Snapshot> {
  const { paths } = located;
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal: context.signal });
  try {
    const held = await holdRunning(located, await requireRunning(located), display);
    try {
      await refuseDebugger(held);
      await refuseStandingStill(held);
      const { overlay } = held.running.state.plan;
      const fill = async (files: SnapshotFiles): Promise<void> =>
        await fillFromRunning(context, held, overlay, files);
      return await saveSnapshot(paths, overlay, note, { now: context.now(), fill, replace });
    } finally {
      held.qmp.close();
    }
  } finally {
    await lock.release();
  }
}

async function fillFromRunning(
  context: LifecycleContext,
  held: HeldMachine,
  overlay: string,
  files: SnapshotFiles,
): Promise<void> {
  const { report } = held.display;
  const { paths } = held.located;
  const layers = held.running.state.plan.disks
    .filter(({ mode }) => mode === 'snapshot')
    .map(({ file }) => basename(file));
  // QEMU holds locks of its own on these files, which concern other QEMUs: reading is free.
  const copy = async (): Promise<void> => {
    await copyShown(context, overlay, files.disk, report);
    await copyLayers(layers, paths.disksDir, files.layersDir, context.signal);
  };
  const manifest = await saveMemory(context, held, files.state, copy);
  await goOn(context, held, manifest);
  await writeMemoryNote(files, manifest, paths);
}

async function copyShown(
  { signal }: LifecycleContext,
  from: string,
  to: string,
  report: ReportProgress,
): Promise<void> {
  const startedAt = performance.now();
  report({ kind: 'moved', title: 'disk', detail: 'being copied' });
  await copyDisk(from, to, signal);
  const disk = await identifyDisk(to);
  const detail = formatBytes(disk?.bytes ?? 0);
  report({ kind: 'finished', title: 'disk', detail, elapsedMs: performance.now() - startedAt });
}

/** What does not run would be let go on by the saving: it may wait for room, or for somebody. */
async function refuseStandingStill({ located, qmp }: HeldMachine): Promise<void> {
  const { status, running } = await queryStatus(qmp);
  if (running) return;
  const { name } = located.config;
  throw new UtopiaError(
    'machine-busy',
    `${name} is paused (${status}) and cannot be saved like this.`,
    {
      hint:
        status === 'paused' || status === 'postmigrate' ? 'utopia up resumes it.' : 'utopia status',
    },
  );
}
