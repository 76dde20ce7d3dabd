import type { LifecycleContext } from '../lifecycle-context.ts';
import { hardwareGeneration } from '../../hardware-generation.ts';
import { recalled } from '../../host/verdict-cache.ts';
import { findWarmBase } from '../../image/warm-base.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { warmBaseKey } from './warm-base-key.ts';
import type { LaunchedMachine, UpOptions } from '../launch/launched-machine.ts';
import { aText, object } from '../../text/shape.ts';

/** Name under which is remembered of which base the making failed because of the guest; see verdict-cache.ts. */
export const failureCache = 'warm-failure';
export const failureShape = object({ why: aText });

/**
 * Key of the warm base that this machine lacks and could have; undefined where there is
 * one, where there can be none, and where it was declined. What this `up` alone has
 * set, or what changes while the machine runs, would be no other start's.
 */
export async function lackedBase(
  { env }: LifecycleContext,
  { cold, qemuArgs }: UpOptions,
  { config }: LocatedMachine,
  { plan, qemu, backing }: LaunchedMachine,
): Promise<string | undefined> {
  if (config.warmBase === 'never' || cold || qemuArgs.length > 0) return undefined;
  // Taken out of a disk for this start.
  if (plan.kernel?.from !== undefined) return undefined;
  if (plan.disks.some(({ mode }) => mode === 'rw')) return undefined;
  // One that went on has its saved state's machine type, hardware and memory.
  const fresh = { ...plan, machineType: undefined, hardwareGeneration, memory: undefined };
  // A file that is gone meanwhile must not end a machine that runs.
  const key = await warmBaseKey(fresh, qemu, backing.path).catch(() => undefined);
  if (key === undefined || (await findWarmBase(env, key)) !== undefined) return undefined;
  // A guest that could not be kept once cannot the next time; utopia image warm says why.
  return (await recalled(env, failureCache, [key], failureShape)) === undefined ? key : undefined;
}
