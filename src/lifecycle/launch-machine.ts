import type { UtopiaError } from '../errors.ts';
import type { BackingFile } from '../image/image-files.ts';
import { prepareFolders } from '../machine/folders.ts';
import { lockMachine } from '../machine/lock.ts';
import { checkSocketPaths } from '../machine/paths.ts';
import { findRunning, type RunningMachine } from '../machine/state.ts';
import type { ProgressDisplay } from '../progress-events.ts';
import type { LifecycleContext } from './lifecycle-context.ts';
import type { LocatedMachine } from './launch/locate.ts';
import { findSuitableQemu } from './launch/prepare.ts';
import { agreeToShare } from './launch/share-consent.ts';
import type { LaunchedMachine, UpOptions } from './launch/launched-machine.ts';
import { startMachine, type Adjust } from './start-machine.ts';

/** How long another utopia may hold the lock: it starts a machine, or tidies up after one. */
const lockWaitMs = 5_000;

/** What is decided by whoever launches. */
export interface LaunchChoices {
  /** The image to start from, which may be made now. */
  readonly findImage: () => Promise<BackingFile>;
  /** What to throw for a machine that runs already. */
  readonly refuse: (running: RunningMachine) => Promise<UtopiaError>;
  /** What is to be otherwise than the config has it, decided under the lock. */
  readonly adjust?: Adjust | undefined;
}

/**
 * Starts QEMU for a machine that is off, under its lock: it boots, goes on from what was suspended,
 * or from a warm base. Throws `qemu-missing`, `qemu-unsuitable`, `consent-needed`, `port-taken`,
 * `machine-busy`, and what the choices throw.
 */
export async function launchMachine(
  context: LifecycleContext,
  located: LocatedMachine,
  options: UpOptions,
  display: ProgressDisplay,
  { findImage, refuse, adjust }: LaunchChoices,
): Promise<LaunchedMachine> {
  const { config, paths, uid } = located;
  const refuseIfRunning = async (): Promise<void> => {
    const running = await findRunning(paths);
    if (running !== undefined) throw await refuse(running);
  };
  checkSocketPaths(paths);
  await prepareFolders(paths, uid);
  await refuseIfRunning();
  // What takes minutes or may fail for good comes before the lock.
  const consent = options.yes ? 'yes' : 'ask';
  const qemu = await findSuitableQemu(context, located, options.qemuArgs, consent);
  await agreeToShare(context, config.sharedDir, options.yes);
  const backing = await findImage();
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal: context.signal });
  try {
    await refuseIfRunning();
    return await startMachine(context, located, { qemu, backing }, options, display, adjust);
  } finally {
    await lock.release();
  }
}
