import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { crashHeadline } from '../../crash/headline.ts';
import { keepBounds } from '../../crash/kept-crash.ts';
import type { Crash } from '../../crash/crash-event.ts';
import { messageOf } from '../../errors.ts';
import { followFile } from '../../guest/follow-file.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { RunningMachine } from '../../machine/state.ts';
import { connectQmp, type QmpClient } from '../../qmp/client.ts';
import { queryStatus, stop } from '../../qmp/queries.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { openDeadline } from '../../system/deadline.ts';
import { isAlive } from '../../system/process.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { openDumpPipe, type DumpPipe } from '../debug/dump-pipe.ts';
import { findCrashMoments } from './crash-moments.ts';
import { completeCrash, keepCrash, prepareKeeping, type Keeping } from './keep-crash.ts';

/** What is watched. */
export interface WatchedMachine {
  readonly paths: MachinePaths;
  readonly running: RunningMachine;
  /** Where crashes are kept, and with a snapshot or why not. */
  readonly keeping: Pick<Keeping, 'store' | 'snapshot'>;
  /** What was done at a crash. */
  readonly heard: (act: CrashAct) => void;
  /** A line of what else happens. */
  readonly say: (text: string) => void;
}

/** What is done at a crash. */
export type CrashAct =
  /** One of the others but `resumed` follows, unless nothing was to be done. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'paused'; readonly headline: string }
  | { readonly kind: 'resumed' }
  | {
      readonly kind: 'kept';
      readonly headline: string;
      readonly number: number;
      /** Why its memory is not there. */
      readonly withoutDump: string | undefined;
    }
  | { readonly kind: 'failed'; readonly why: string };

/** QEMU opens its sockets some 50 ms after its start. */
const reconnectMs = 25;

/**
 * Waits for crashes of a machine's kernel, and pauses its guest there or keeps them, as its plan
 * says. Ends with its QEMU, or with the signal; killed at any moment, it leaves a guest that goes on.
 */
export async function watchForCrash(
  { env, signal, now }: Pick<LifecycleContext, 'env' | 'signal' | 'now'>,
  { paths, running, keeping: place, heard, say }: WatchedMachine,
): Promise<void> {
  const { plan } = running.state ?? {};
  if (plan?.onCrash === undefined) return;
  const { action, socket } = plan.onCrash;
  const qmp = await reach(socket, running, signal);
  if (qmp === undefined) return;
  const end = openDeadline(undefined, signal);
  void qmp.closed.then(() => end.abort());
  const keeping = { ...place, plan, qmp, now, signal: end.signal };
  // It is there beforehand: what a guest does between its crash and the dump is not in the dump.
  let pipe: DumpPipe | undefined;
  const prepare = async (): Promise<void> => {
    for (const number of await prepareKeeping(place.store)) {
      say(`crash ${number} went to make room`);
    }
    pipe = await openDumpPipe(paths.runtimeDir, env);
  };
  const moments = findCrashMoments(keepBounds.ofOneBoot);
  /** Numbers of kept crashes by those of the log, until their reports have ended. */
  const open = new Map<number, number>();

  async function act(crash: Crash): Promise<void> {
    heard({ kind: 'begun' });
    if (action === 'pause') {
      const isPaused = await pauseAt(keeping, paths, crash);
      heard(isPaused ? { kind: 'paused', headline: crashHeadline(crash) } : { kind: 'nothing' });
      return;
    }
    if (pipe === undefined) {
      heard({ kind: 'nothing' });
      return;
    }
    const taken = pipe;
    pipe = undefined;
    try {
      const { number, withoutDump } = await keepCrash({ ...keeping, pipe: taken }, crash);
      open.set(crash.number, number);
      heard({ kind: 'kept', headline: crashHeadline(crash), number, withoutDump });
    } finally {
      await taken.close();
      // This one is kept all the same.
      if (!end.signal.aborted) {
        await prepare().catch((error: unknown) => say(`no other is kept: ${messageOf(error)}`));
      }
    }
  }

  async function complete(): Promise<void> {
    for (const [logged, number] of open) {
      const known = moments.known(logged);
      if (known?.over !== true) continue;
      open.delete(logged);
      await completeCrash(place.store.paths.crashesDir, number, known.crash);
    }
  }

  /** One after the other: what comes meanwhile waits, as its guest does. */
  let acting = Promise.resolve();
  const then = (what: () => Promise<void>): Promise<void> => {
    acting = acting.then(what).catch((error: unknown) => {
      if (!end.signal.aborted) heard({ kind: 'failed', why: messageOf(error) });
    });
    return acting;
  };

  qmp.onEvent(({ name }) => {
    if (name === 'RESET') moments.rebooted();
    if (name === 'RESUME') {
      void then(async () => await rm(paths.crashPauseFile, { force: true }));
      heard({ kind: 'resumed' });
    }
    const crash = name === 'GUEST_PANICKED' ? moments.panicked() : undefined;
    if (crash !== undefined) void then(async () => await act(crash));
  });
  try {
    if (action === 'keep') await prepare();
    const console = followFile(plan.files.consoleLog, { signal: end.signal, prompt: true });
    for await (const chunk of console) {
      for (const crash of moments.read(chunk)) await then(async () => await act(crash));
      await then(complete);
    }
    await then(complete);
  } finally {
    end.stop();
    qmp.close();
    await pipe?.close();
  }
}

async function reach(
  socket: string,
  { qemu }: RunningMachine,
  signal: AbortSignal,
): Promise<QmpClient | undefined> {
  while (!signal.aborted && (await isAlive(qemu))) {
    const client = await connectQmp(socket, { signal }).catch(() => undefined);
    if (client !== undefined) return client;
    await sleep(reconnectMs, undefined, { signal }).catch(() => {});
  }
  return undefined;
}

/** Stops the guest, and leaves word of what it is stopped for; false where it stands still already. */
async function pauseAt(
  { qmp, now }: Pick<Keeping, 'qmp' | 'now'>,
  paths: MachinePaths,
  crash: Crash,
): Promise<boolean> {
  const { running } = await queryStatus(qmp);
  if (!running) return false;
  await stop(qmp);
  const note = { at: now().toISOString(), headline: crashHeadline(crash), cpu: crash.cpu };
  await writeFileAtomically(paths.crashPauseFile, `${JSON.stringify(note)}\n`);
  return true;
}
