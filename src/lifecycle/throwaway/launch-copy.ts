import type { LifecycleContext } from '../lifecycle-context.ts';
import { chooseAcceleration } from '../../host/acceleration.ts';
import { createOverlayFile } from '../../image/qemu-img.ts';
import { copyLayers } from '../../image/layer-sets.ts';
import { listLayers } from '../../image/layers-folder.ts';
import { planMachine, type MachinePlan } from '../../machine/plan.ts';
import { startQemu, type StartedQemu } from '../../machine/start.ts';
import { writeState } from '../../machine/state.ts';
import { findKernel } from '../launch/find-kernel.ts';
import { planDisks, renewDisks } from '../launch/renew-disks.ts';
import type { MachineParts } from '../launch/prepare.ts';
import type { ThrowawayMachine } from './copy-folder.ts';
import type { CopySource, SavedStart } from './copy-source.ts';

/** A copy, decided. */
export interface PlannedCopy extends MachineParts {
  readonly plan: MachinePlan;
}

/** A copy whose QEMU runs. */
export interface LaunchedCopy extends PlannedCopy {
  readonly source: CopySource;
  readonly started: StartedQemu;
}

/** Stands in a copy's plan for the address that it does not have. */
const noAddress = { host: '127.0.0.1', port: 0 } as const;

/** Decides what the copy's QEMU is told; makes nothing. */
export async function planCopy(
  context: LifecycleContext,
  copy: ThrowawayMachine,
  { qemu, backing }: MachineParts,
  writable: boolean,
): Promise<PlannedCopy> {
  const { config, paths } = copy;
  const { env, signal, timeoutScale } = context;
  const [acceleration, disks, kernel] = await Promise.all([
    chooseAcceleration(config, qemu, env, signal, timeoutScale),
    planDisks(copy, backing, false),
    findKernel(context, config, backing),
  ]);
  const planned = {
    ...{ config, paths, qemu, acceleration, disks, kernel },
    ...{ ssh: noAddress, vnc: undefined },
  };
  const plan = {
    ...planMachine({ ...planned, commandLineArgs: [] }),
    // Every user of this host could log in to a listener, with passwords that everybody knows.
    sshListens: false,
    shareReadOnly: !writable,
  };
  return { qemu, backing, plan };
}

/** Starts the copy's QEMU, on an overlay of its own over its source; it then waits for the state that it is to go on from. */
export async function launchCopy(
  context: LifecycleContext,
  copy: ThrowawayMachine,
  planned: PlannedCopy,
  source: CopySource,
): Promise<LaunchedCopy> {
  const { config, paths } = copy;
  const { signal } = context;
  const { qemu, backing } = planned;
  const { under, moment } = source;
  const plan = moment === undefined ? planned.plan : planFor(planned.plan, moment);
  const qemuImg = { imgBinary: qemu.imgBinary, signal };
  const layers = moment?.layersDir;
  await Promise.all([
    createOverlayFile(qemuImg, plan.overlay, under),
    layers === undefined
      ? renewDisks(qemuImg, paths, plan.disks)
      : copyLayers(await listLayers(layers), layers, paths.disksDir, signal),
  ]);
  signal.throwIfAborted();
  const started = await startQemu(plan, paths, { stateFile: moment?.stateFile, endsWithUs: true });
  await writeState(paths, {
    schema: 1,
    name: config.name,
    file: config.file,
    qemu: started.identity,
    qemuVersion: qemu.version,
    startedAt: context.now().toISOString(),
    plan,
    ssh: plan.ssh,
    backingFile: backing.path,
  });
  return { qemu, backing, plan, source, started };
}

function planFor(
  plan: MachinePlan,
  { machineType, hardwareGeneration, memory }: SavedStart,
): MachinePlan {
  const mapped = memory === undefined ? {} : { memory: { kind: 'mapped', file: memory } as const };
  return { ...plan, machineType, hardwareGeneration, ...mapped };
}
