import { createServer, type AddressInfo } from 'node:net';
import type { Context } from '../../context.ts';
import { chooseAcceleration } from '../../host/acceleration.ts';
import { createOverlayFile } from '../../image/qemu-img.ts';
import { planMachine, type MachinePlan } from '../../machine/plan.ts';
import { startQemu, type StartedQemu } from '../../machine/start.ts';
import { writeState } from '../../machine/state.ts';
import { planDisks, renewDisks } from '../up/disks.ts';
import type { MachineParts } from '../up/prepare.ts';
import type { ThrowawayMachine } from './copy.ts';

/** A copy whose QEMU runs. */
export interface LaunchedCopy {
  readonly plan: MachinePlan;
  readonly started: StartedQemu;
}

/** Starts the copy's QEMU, on an overlay of its own over the image. */
export async function launchCopy(
  context: Context,
  copy: ThrowawayMachine,
  { qemu, backing }: MachineParts,
  writable: boolean,
): Promise<LaunchedCopy> {
  const { config, paths } = copy;
  const { env, signal, patience } = context;
  const qemuImg = { imgBinary: qemu.imgBinary, signal };
  const [acceleration, disks, port] = await Promise.all([
    chooseAcceleration(config, qemu, env, signal, patience),
    planDisks(copy, backing, false),
    findFreePort(),
    createOverlayFile(qemuImg, config.privateFile, backing),
  ]);
  const ssh = { host: '127.0.0.1', port };
  const planned = { config, paths, qemu, acceleration, ssh, vnc: undefined, disks };
  const plan = {
    ...planMachine({ ...planned, commandLineArgs: [] }),
    shareReadOnly: !writable,
  };
  await renewDisks(qemuImg, paths, disks);
  signal.throwIfAborted();
  const started = await startQemu(plan, paths);
  await writeState(paths, {
    schema: 1,
    name: config.name,
    file: config.file,
    qemu: started.identity,
    qemuVersion: qemu.version,
    startedAt: context.now().toISOString(),
    plan,
    ssh,
    backingFile: backing.path,
  });
  return { plan, started };
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
