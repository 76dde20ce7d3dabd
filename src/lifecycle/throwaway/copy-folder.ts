import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../../config/machine-config.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { tryFlock } from '../../system/flock.ts';
import { closeShared } from '../../guest/shared-connection.ts';
import { prepareFolders } from '../../machine/folders.ts';
import { lockMachine, type MachineLock } from '../../machine/lock.ts';
import { checkSocketPaths, pathsOfId, type MachinePaths } from '../../machine/paths.ts';
import { signalProcess, waitForExit } from '../../system/process.ts';
import { findRunning } from '../../machine/state.ts';
import { runtimeRoot, stateRoot } from '../../system/places.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { copiesFolder } from '../../machine/copy-name.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { openFolder, removeFlatFolder } from '../../system/open-folder.ts';

/** Names, in the state folder of a copy that is being kept, the draft of its new folder. */
export const keepingFile = 'keeping';
/** Making a copy's folder, or sweeping, takes milliseconds each. */
const gateWaitMs = 20_000;
const killMs = 10_000;

/** A machine that lives as long as one `utopia run`: its own folders, and the lock that says so. */
export interface ThrowawayMachine extends LocatedMachine {
  /** Ends what is left of it and removes its folders. */
  discard(): Promise<void>;
}

/**
 * Makes the folders of a copy, after clearing those of copies whose utopia was
 * killed. The copy's lock is the kernel's and held by this process: whoever gets
 * it knows that nobody looks after the copy any more.
 */
export async function openThrowaway(
  context: LifecycleContext,
  { config, uid }: LocatedMachine,
  choice: Pick<Config, 'network' | 'onCrash'>,
): Promise<ThrowawayMachine> {
  const { env, signal } = context;
  await prepareFolders(
    {
      ...pathsOfId(copiesFolder, env, uid),
      stateDir: join(stateRoot(env), copiesFolder),
      runtimeDir: join(runtimeRoot(env, uid), copiesFolder),
    },
    uid,
  );
  const gate = await lockMachine(join(stateRoot(env), 'runs.lock'), { waitMs: gateWaitMs, signal });
  let paths: MachinePaths;
  let lock: MachineLock;
  try {
    await sweepCopies(context, uid);
    paths = pathsOfId(join(copiesFolder, randomBytes(4).toString('hex')), env, uid);
    checkSocketPaths(paths);
    await mkdir(paths.stateDir, { mode: 0o700 });
    await mkdir(paths.runtimeDir, { mode: 0o700 });
    lock = await lockMachine(paths.lockFile, { waitMs: 0, signal });
  } finally {
    await gate.release();
  }
  return {
    config: throwawayConfig(config, paths, { folder: context.cwd, ...choice }),
    paths,
    uid,
    discard: async () => {
      await removeCopy(context, paths);
      await lock.release();
    },
  };
}

/**
 * The config of a copy: nothing that others could meet, and nothing that would stay.
 * The guest sees the hardware of `utopia up`, so that both go on from the same warm
 * base; the sensors' serial port is there, and copy-feed.ts may feed it. Pure.
 */
export function throwawayConfig(
  config: Config,
  paths: MachinePaths,
  { folder, ...choice }: { readonly folder: string } & Pick<Config, 'network' | 'onCrash'>,
): Config {
  return {
    ...config,
    privateFile: join(paths.stateDir, 'private.qcow2'),
    sharedDir: folder,
    sshPort: 'auto',
    sshInterface: '127.0.0.1',
    ...choice,
    vnc: { kind: 'off' },
    forwards: [],
    disks: config.disks.map((disk) => ({
      ...disk,
      mode: disk.mode === 'rw' ? 'snapshot' : disk.mode,
    })),
  };
}

/** Ends and removes the copies whose utopia is gone. */
async function sweepCopies(context: LifecycleContext, uid: number): Promise<void> {
  const names = await readdir(join(stateRoot(context.env), copiesFolder));
  for (const name of names) {
    const paths = pathsOfId(join(copiesFolder, name), context.env, uid);
    // Not made here: a copy that is being removed would get a new file, and its folder could not go.
    const handle = await open(paths.lockFile, 'r+').catch(() => undefined);
    if (handle === undefined) {
      // Being removed, or left by a utopia that was killed before it had its lock. None is being
      // made: that needs the gate, which is ours.
      await removeCopy(context, paths);
      continue;
    }
    try {
      if (await tryFlock(handle.fd)) await removeCopy(context, paths);
    } finally {
      await handle.close();
    }
  }
}

/** Kills the copy's QEMU, whose disk nobody wants, and removes its folders. */
async function removeCopy({ env }: LifecycleContext, paths: MachinePaths): Promise<void> {
  const running = await findRunning(paths);
  if (running !== undefined) {
    await signalProcess(running.qemu, 'SIGKILL');
    await waitForExit(running.qemu, { timeoutMs: killMs });
  }
  await closeShared(paths.runtimeDir, env);
  await removeDraft(paths);
  // The lock's folder last: without it, nobody would look for the rest.
  await rm(paths.runtimeDir, { recursive: true, force: true });
  await rm(paths.stateDir, { recursive: true, force: true });
}

/** What a utopia that was killed while it kept the copy has left in the user's folder. */
async function removeDraft({ stateDir }: MachinePaths): Promise<void> {
  const draft = await readRegularText(join(stateDir, keepingFile)).catch(() => undefined);
  // Half a name, of a utopia that was killed while it wrote it, must not be anything else's.
  if (draft === undefined || !/^\..*\.draft$/s.test(basename(draft))) return;
  await using folder = await openFolder(dirname(draft)).catch(() => undefined);
  if (folder !== undefined) await removeFlatFolder(folder, basename(draft));
}
