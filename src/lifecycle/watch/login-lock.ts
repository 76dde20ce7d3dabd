import { join } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { lockMachine } from '../../machine/lock.ts';
import type { LocatedMachine } from '../launch/locate.ts';

/** What closes or opens passwords in a guest takes its time under emulation, and its limits are minutes. */
const waitMs = 300_000;

/**
 * Changes how one gets into a guest, one change at a time: passwords that another
 * utopia opens between our look at the guest and the opening of its port would
 * be open to everybody. Throws `machine-busy` when the other one takes too long.
 */
export async function changeLogin<Result>(
  { signal }: Pick<LifecycleContext, 'signal'>,
  { paths }: Pick<LocatedMachine, 'paths'>,
  change: () => Promise<Result>,
): Promise<Result> {
  const lock = await lockMachine(join(paths.stateDir, 'login.lock'), { waitMs, signal });
  try {
    return await change();
  } finally {
    await lock.release();
  }
}
