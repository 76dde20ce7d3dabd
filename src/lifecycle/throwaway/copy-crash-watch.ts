import { setTimeout as sleep } from 'node:timers/promises';
import { waitAtCrashScript } from '../../wait-at-crash.ts';
import { findRunning } from '../../machine/state.ts';
import { watchForCrash, type CrashAct } from '../crash/watch-for-crash.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { copyName } from '../../machine/copy-name.ts';
import type { GuestChannel } from './channel.ts';
import type { ThrowawayMachine } from './copy-folder.ts';

/** Waits for crashes of a copy's kernel, while this process has the copy. */
export interface CopyCrashWatch {
  /** Numbers under which crashes were kept so far, among those of the machine. */
  readonly kept: readonly number[];
  /** The guest is paused at a crash. */
  isPaused(): boolean;
  /** Resolves when the guest is paused at a crash; at once where it is. */
  pause(): Promise<void>;
  /** Resolves when the guest that is paused goes on, or when it is over with it. */
  goesOn(): Promise<void>;
  /** After a crash: resolves when what is done about it has been done, however that went. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Another command may be saving the machine to which a kept crash goes. */
const lockWaitMs = 30_000;
/** From a crash that the console has told to the begin of what is done about it, on a busy host. */
const beginMs = 10_000;

/** A copy that runs. */
interface RunningCopy {
  readonly copy: ThrowawayMachine;
  readonly channel: GuestChannel;
}

/** Starts to wait for crashes of a copy, where its plan wants that. */
export async function watchCopyForCrash(
  { env, now, reporter, signal }: LifecycleContext,
  { quiet, json }: LifecycleOptions,
  origin: LocatedMachine,
  { copy, channel }: RunningCopy,
): Promise<CopyCrashWatch | undefined> {
  const running = await findRunning(copy.paths);
  if (running?.state?.plan.onCrash === undefined) return undefined;
  // A kernel that cannot crashes as fast as it does.
  await channel.ask(waitAtCrashScript, signal);
  const over = new AbortController();
  const kept: number[] = [];
  const acts = new EventTarget();
  const act = (): void => void acts.dispatchEvent(new Event('act'));
  over.signal.addEventListener('abort', act, { once: true });
  let paused = false;
  let open = 0;
  let begun = false;

  const heard = (what: CrashAct): void => {
    if (what.kind === 'paused') {
      paused = true;
      const name = copyName(copy.paths);
      reporter.warn(
        `The copy is paused at the crash: ${what.headline}\nLook at it from another terminal: utopia -n ${name} gdb\n(also drgn, and dump FILE). Ctrl-C here ends it.`,
      );
    }
    if (what.kind === 'resumed') paused = false;
    if (what.kind === 'kept') {
      kept.push(what.number);
      const { number, withoutDump } = what;
      if (withoutDump !== undefined) {
        reporter.warn(`Crash ${number} is kept without the memory: ${withoutDump}`);
      } else if (!quiet && !json) {
        reporter.warn(`Crash ${number} is kept: utopia crash open ${number}`);
      }
    }
    if (what.kind === 'failed') reporter.warn(`The crash is not kept: ${what.why}`);
    if (what.kind === 'begun') {
      begun = true;
      open += 1;
    } else if (what.kind !== 'resumed') open -= 1;
    act();
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo() && !over.signal.aborted) {
      await new Promise((resolve) => {
        acts.addEventListener('act', resolve, { once: true });
      });
    }
  };
  const { paths, config } = origin;
  const watching = watchForCrash(
    { env, now, signal: over.signal },
    {
      ...{ paths: copy.paths, running, heard, say: () => {} },
      keeping: {
        store: { paths, privateFile: config.privateFile, lockWaitMs },
        snapshot: 'it was a throwaway copy, of which utopia run --keep makes a machine.',
      },
    },
  ).finally(() => over.abort());
  watching.catch(() => {});
  return {
    kept,
    isPaused: () => paused && !over.signal.aborted,
    pause: async () => {
      await until(() => paused);
      // It is over with a guest that was not paused.
      if (!paused) await new Promise(() => {});
    },
    goesOn: async () => await until(() => !paused),
    settled: async () => {
      // Not every crash is kept: one of a kind and place, and four, in a boot.
      const late = sleep(beginMs, undefined, { signal: over.signal, ref: false }).catch(() => {});
      await Promise.race([until(() => begun), late]);
      await until(() => open <= 0);
    },
    stop: async () => {
      over.abort();
      await watching.catch(() => {});
    },
  };
}
