import type { LifecycleContext } from '../lifecycle-context.ts';
import { isThere } from '../../system/look.ts';
import type { WarmBase } from '../../image/warm-base.ts';
import { requireSuspended } from '../../vmstate/suspended.ts';
import { findBaseFor } from './warm-base-key.ts';
import type { PreparedMachine } from '../launch/prepare.ts';
import type { UpOptions } from '../launch/launched-machine.ts';

/**
 * The warm base that this machine goes on from: only one without a private file
 * does, which is one that was never started, or was reset.
 */
export async function chooseWarmBase(
  { env }: Pick<LifecycleContext, 'env'>,
  { cold }: Pick<UpOptions, 'cold'>,
  { plan, qemu, backing }: PreparedMachine,
): Promise<WarmBase | undefined> {
  if (cold || (await isThere(plan.overlay))) return undefined;
  if ((await requireSuspended(plan.overlay)) !== undefined) return undefined;
  const base = await findBaseFor(env, plan, qemu, backing.path);
  // Without keys of its own a machine would be its twins' double.
  return (base?.manifest.hostKeys ?? []).length > 0 ? base : undefined;
}
