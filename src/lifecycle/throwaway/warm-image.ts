import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { hardwareGeneration } from '../../hardware-generation.ts';
import {
  draftWarmBase,
  findWarmBase,
  listWarmBases,
  placeWarmBase,
  removeWarmBase,
  warmFiles,
  type WarmBase,
} from '../../image/warm-base.ts';
import { lockMachine, type MachineLock } from '../../machine/lock.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import { stateRoot } from '../../system/places.ts';
import { coreInfo, describeHardware } from '../../vmstate/describe.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { findSuitableQemu, requireBackingFile } from '../launch/prepare.ts';
import { warmBaseKey, whyNeverWarm } from '../saved/warm-base-key.ts';
import { openThrowaway, type ThrowawayMachine } from './copy-folder.ts';
import { planCopy, type PlannedCopy } from './launch-copy.ts';
import { makeBase } from './make-warm-base.ts';

export interface WarmImageOptions {
  /** Replace a base that is there. */
  readonly again: boolean;
}

/** A base that is there now; without `madeInMs` it was there before. */
export interface WarmedImage {
  readonly base: WarmBase;
  readonly madeInMs: number | undefined;
}

/**
 * Sees to a warm base of this machine's image. One at a time is made for a user:
 * each takes a machine's memory. Throws what a boot throws, `qemu-unsuitable`, `guest-refused`, and `machine-busy`
 * while another one is being made.
 */
export async function warmImage(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  { again }: WarmImageOptions,
): Promise<WarmedImage> {
  const { env, signal } = context;
  const startedAt = performance.now();
  const qemu = await findSuitableQemu(context, located, []);
  const backing = await requireBackingFile(context, located);
  const copy = await openThrowaway(context, located, { network: 'none', onCrash: 'report' });
  try {
    const planned = await planCopy(context, copy, { qemu, backing }, false);
    const key = await warmBaseKey(planned.plan, qemu, backing.path);
    if (key === undefined) {
      throw new UtopiaError('qemu-unsuitable', whyNeverWarm(planned.plan) ?? '', {
        hint: 'utopia run works without a warm base. UTOPIA_MEMORY_MB sets the memory’s size.',
      });
    }
    const known = await findWarmBase(env, key);
    if (known !== undefined && !again) return { base: known, madeInMs: undefined };
    const lock = await lockMaking(context);
    try {
      signal.throwIfAborted();
      await make(context, globals, copy, planned, key);
      const base = await findWarmBase(env, key);
      if (base === undefined) throw new Error('the base that was made is gone');
      await removeOutdated(context, base);
      return { base, madeInMs: performance.now() - startedAt };
    } finally {
      await lock.release();
    }
  } finally {
    await copy.discard();
  }
}

async function lockMaking({ env, signal }: LifecycleContext): Promise<MachineLock> {
  try {
    return await lockMachine(join(stateRoot(env), 'warm.lock'), { waitMs: 0, signal });
  } catch (error) {
    if (!(error instanceof UtopiaError)) throw error;
    throw new UtopiaError('machine-busy', 'Another utopia is making a warm base.', {
      hint: 'It takes a minute; then call this again.',
      cause: error,
    });
  }
}

async function make(
  context: LifecycleContext,
  globals: LifecycleOptions,
  copy: ThrowawayMachine,
  planned: PlannedCopy,
  key: string,
): Promise<void> {
  const { env } = context;
  const draft = await draftWarmBase(env);
  try {
    const overlay = join(draft, warmFiles.disk);
    const plan: MachinePlan = { ...planned.plan, overlay, memory: { kind: 'shared' } };
    const made = await makeBase(
      context,
      globals,
      copy,
      { ...planned, plan },
      { state: join(draft, warmFiles.state), memory: join(draft, warmFiles.memory) },
    );
    await placeWarmBase(env, draft, key, {
      schema: 1,
      image: planned.backing.path,
      ...made,
      qemuVersion: planned.qemu.version,
      accelerator: planned.plan.accelerator,
      memoryMiB: planned.plan.memoryMiB,
      cpus: planned.plan.cpus,
      hardware: describeHardware(planned.plan).hardware,
      hardwareGeneration,
      madeAt: context.now().toISOString(),
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** What this one replaces: a base of the same image, size and devices, of before something changed. */
async function removeOutdated({ env }: LifecycleContext, base: WarmBase): Promise<void> {
  for (const other of await listWarmBases(env)) {
    if (other.key !== base.key && settings(other) === settings(base)) await removeWarmBase(other);
  }
}

function settings({ manifest }: WarmBase): string {
  const { image, accelerator, memoryMiB, cpus } = manifest;
  // Of an earlier generation of the same machine: findBaseFor would use it.
  // And of a kernel of the same name that was built again.
  const hardware = manifest.hardware?.filter(
    (each) => each !== coreInfo && !each.startsWith('modules of '),
  );
  return JSON.stringify([image, accelerator, memoryMiB, cpus, hardware]);
}
