import { createServer, type AddressInfo } from 'node:net';
import type { Context } from '../../context.ts';
import { chooseAcceleration } from '../../host/acceleration.ts';
import { createOverlayFile } from '../../image/qemu-img.ts';
import type { BackingFile } from '../../image/types.ts';
import type { WarmBase } from '../../image/warm-base.ts';
import { planMachine, type MachinePlan } from '../../machine/plan.ts';
import { startQemu, type StartedQemu } from '../../machine/start.ts';
import { writeState } from '../../machine/state.ts';
import { planDisks, renewDisks } from '../up/disks.ts';
import type { MachineParts } from '../up/prepare.ts';
import type { ThrowawayMachine } from './copy.ts';

/** A copy, decided. */
export interface PlannedCopy extends MachineParts {
  readonly plan: MachinePlan;
}

/** A copy whose QEMU runs. */
export interface LaunchedCopy extends PlannedCopy {
  readonly started: StartedQemu;
}

/** Decides what the copy's QEMU is told; makes nothing. */
export async function planCopy(
  context: Context,
  copy: ThrowawayMachine,
  { qemu, backing }: MachineParts,
  writable: boolean,
): Promise<PlannedCopy> {
  const { config, paths } = copy;
  const { env, signal, patience } = context;
  const [acceleration, disks, port] = await Promise.all([
    chooseAcceleration(config, qemu, env, signal, patience),
    planDisks(copy, backing, false),
    findFreePort(),
  ]);
  const ssh = { host: '127.0.0.1', port };
  const planned = { config, paths, qemu, acceleration, ssh, vnc: undefined, disks };
  const plan = {
    ...planMachine({ ...planned, commandLineArgs: [] }),
    shareReadOnly: !writable,
  };
  return { qemu, backing, plan };
}

/** Starts the copy's QEMU, on an overlay of its own over the image, or over a warm base that it is to restore. */
export async function launchCopy(
  context: Context,
  copy: ThrowawayMachine,
  planned: PlannedCopy,
  base?: WarmBase,
): Promise<LaunchedCopy> {
  const { config, paths } = copy;
  const { signal } = context;
  const { qemu, backing } = planned;
  const plan: MachinePlan =
    base === undefined
      ? planned.plan
      : {
          ...planned.plan,
          machineType: base.manifest.machineType,
          memory: { kind: 'mapped', file: base.memory },
        };
  const under: Pick<BackingFile, 'path' | 'format'> =
    base === undefined ? backing : { path: base.disk, format: 'qcow2' };
  const qemuImg = { imgBinary: qemu.imgBinary, signal };
  await Promise.all([
    createOverlayFile(qemuImg, plan.overlay, under),
    renewDisks(qemuImg, paths, plan.disks),
  ]);
  signal.throwIfAborted();
  const started = await startQemu(plan, paths, { stateFile: base?.state, endsWithUs: true });
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
  return { qemu, backing, plan, started };
}

/**
 * A port of loopback that is free now, as the kernel chooses it: at random among
 * thousands, so that copies that start together do not meet.
 */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
