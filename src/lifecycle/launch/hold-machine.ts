import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { refuseLocked } from '../../image/overlay.ts';
import { isThere } from '../../system/look.ts';
import { prepareFolders } from '../../machine/folders.ts';
import { lockMachine, type MachineLock } from '../../machine/lock.ts';
import { findRunning } from '../../machine/state.ts';
import type { LocatedMachine } from './locate.ts';

/** A machine may have to finish starting before it is known to run. */
const waitMs = 5_000;

/**
 * Takes the lock of a machine that does not run, so that it is not started
 * meanwhile. Throws `machine-running` (`refusal` says what then cannot be done),
 * `machine-busy`, and `overlay-locked` when another QEMU has its private file.
 */
export async function holdStoppedMachine(
  context: LifecycleContext,
  { config, paths, uid }: LocatedMachine,
  refusal: string,
): Promise<MachineLock> {
  await prepareFolders(paths, uid);
  const lock = await lockMachine(paths.lockFile, { waitMs, signal: context.signal });
  try {
    const running = await findRunning(paths);
    if (running !== undefined) {
      throw new UtopiaError(
        'machine-running',
        `${config.name} is running (pid ${running.qemu.pid}). ${refusal} while it does.`,
        { hint: 'utopia down' },
      );
    }
    if (await isThere(config.privateFile)) await refuseLocked(config.privateFile);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}
