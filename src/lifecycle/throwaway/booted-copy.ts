import { setTimeout as sleep } from 'node:timers/promises';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { Dial } from '../../guest/private-connection.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { copyIfThere } from '../../image/set-aside/list.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { signalProcess } from '../../system/process.ts';
import { forgetRunning } from '../../machine/state.ts';
import { findLackOfMemory } from '../watch/lack-of-memory.ts';
import { privateDial } from '../watch/private-dial.ts';
import { openSession, type MachineSession } from '../watch/session.ts';
import { bootCopy } from './boot-copy.ts';
import type { ThrowawayMachine } from './copy-folder.ts';
import { launchCopy, type LaunchedCopy, type PlannedCopy } from './launch-copy.ts';
import { watchForLoss, type LossWatch } from '../watch/session-loss.ts';
import type { CopySource } from './copy-source.ts';

/** Account of the command: only root loads modules. */
const login = 'root';
/** An ssh that has lost its guest may be that much quicker than QEMU's word. */
const lossMs = 500;

/** A copy that was booted, and the way in by ssh. */
export interface BootedCopy {
  readonly launched: LaunchedCopy;
  readonly session: MachineSession;
  readonly access: GuestAccess;
  readonly cut: () => void;
}

/** What a copy is started as and from, and how long it may boot. */
export interface CopyStart {
  readonly planned: PlannedCopy;
  readonly source: CopySource;
  readonly bootTimeoutMs?: number | undefined;
}

/**
 * Boots a copy, of a source without a moment, until SSH answers. Throws `boot-failed`, `qemu-failed`
 * where QEMU ended and not by its guest, `interrupted`.
 */
export async function bootColdCopy(
  context: LifecycleContext,
  globals: LifecycleOptions,
  copy: ThrowawayMachine,
  { planned, source, bootTimeoutMs }: CopyStart,
): Promise<BootedCopy> {
  const launched = await launchCopy(context, copy, planned, source);
  const session = openSession(launched.started, launched.plan, copy.paths);
  try {
    await bootCopy(context, globals, session, { dial: dialOf(launched), bootTimeoutMs });
    context.signal.throwIfAborted();
    return { launched, session, ...(await openAccess(context, copy, launched)) };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Works with a booted copy, and ends it, however that goes. `doing` is the rest of `The guest was
 * reset while …`. Throws `guest-lost` where the guest's end is what made the work fail, and the
 * signal's reason after an abort.
 */
export async function useBootedCopy<T>(
  { signal }: LifecycleContext,
  copy: ThrowawayMachine,
  { launched, session, cut }: BootedCopy,
  doing: string,
  work: (watch: LossWatch) => Promise<T>,
): Promise<T> {
  signal.addEventListener('abort', cut, { once: true });
  const watch = watchForLoss(session, copy.paths, doing);
  try {
    return await work(watch);
  } catch (error) {
    signal.throwIfAborted();
    await Promise.race([watch.lost, sleep(lossMs)]);
    throw error;
  } finally {
    watch.stop();
    signal.removeEventListener('abort', cut);
    cut();
    await session.close();
    await endQemu(launched, copy);
  }
}

/** Ends a copy's QEMU, whose disk nobody wants any more, and forgets it. */
export async function endQemu({ started }: LaunchedCopy, copy: ThrowawayMachine): Promise<void> {
  await signalProcess(started.identity, 'SIGKILL');
  await started.exited;
  await forgetRunning(copy.paths);
}

/** A way into the copy's guest by ssh, with what its machine knows of it where that has been one before. */
export async function openAccess(
  { env }: LifecycleContext,
  { paths }: ThrowawayMachine,
  launched: LaunchedCopy,
): Promise<Pick<BootedCopy, 'access' | 'cut'>> {
  const { host, port } = launched.plan.ssh;
  const known = launched.source.login;
  if (known !== undefined) await copyIfThere(known.sshDir, paths.sshDir);
  const end = new AbortController();
  const access = {
    host,
    port,
    login,
    machineId: known?.machineId ?? loginName(paths),
    sshDir: paths.sshDir,
    runtimeDir: paths.runtimeDir,
    bootMark: 'the only one',
    dial: dialOf(launched),
    whyRefused: async () => await findLackOfMemory(paths.consoleLog),
    checkPort: () => Promise.resolve(),
    env,
    signal: end.signal,
  };
  return { access, cut: () => end.abort() };
}

/** No port of the host leads to a copy's SSH. */
function dialOf({ plan, started }: LaunchedCopy): Dial {
  return privateDial({ qmpSocket: plan.files.qmpSocket, exit: started.exit });
}

/** The name by which a copy's own logins go. Pure. */
export function loginName({ id }: Pick<MachinePaths, 'id'>): string {
  return id.replaceAll('/', '-');
}
