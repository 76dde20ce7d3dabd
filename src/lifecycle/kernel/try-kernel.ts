import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectCrashes, type RepeatedCrash } from '../../crash/crash-report.ts';
import { scanCrashes } from '../../crash/scanner.ts';
import { UtopiaError } from '../../errors.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { runInGuest } from '../../guest/ssh.ts';
import { lockMachine } from '../../machine/lock.ts';
import { readState, writeState, type RunningMachine } from '../../machine/state.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { rebootGuest } from '../saved/reboot-guest.ts';
import { guestAccess } from '../watch/find-guest.ts';
import { startGuestAnew, type RebootOptions } from '../watch/reset-guest.ts';
import { bootAnew, needsNewQemu } from './restart-machine.ts';
import { markLogs, watchBoot, type LogMarks, type WatchedBoot } from './watch-trial.ts';

/** A kernel that reboots by itself leaves this much time to read the screen. */
export const panicSeconds = 10;

/** What came of the one boot. */
export type Trial =
  | { readonly kind: 'booted'; readonly access: GuestAccess; readonly elapsedMs: number }
  | {
      readonly kind: 'failed';
      readonly boot: WatchedBoot;
      readonly crashes: readonly RepeatedCrash[];
      /** The way into the guest, which runs its old kernel again. */
      readonly access: GuestAccess;
      /** Of the kernel that runs now. */
      readonly release: string;
      /** It came back by itself, or we have reset it. */
      readonly byItself: boolean;
    };

/** SSH may greet a moment before it lets anybody in. */
const mostLogins = 10;
const loginEveryMs = 2_000;
/** Of a console that a trial has filled. */
const mostConsoleBytes = 4 * 1024 * 1024;

/**
 * Reboots a guest whose boot loader has an entry for one boot, and stays until the kernel of that
 * release answers SSH, or the guest is back on its old one: by itself after a panic, and reset by
 * us when it hangs. Throws `boot-failed` for a guest that does not come back.
 */
export async function tryKernel(
  context: LifecycleContext,
  located: LocatedMachine,
  before: RunningMachine,
  {
    version,
    display,
    ...options
  }: {
    readonly version: string;
    readonly display: ProgressDisplay;
  } & Pick<RebootOptions, 'timeoutMs' | 'stallMs'>,
): Promise<Trial> {
  const { stallMs } = options;
  const reboot = { force: false, timeoutMs: options.timeoutMs };
  display.report({ kind: 'started', title: 'reboot' });
  if (needsNewQemu(before)) {
    const text =
      '  emulated, each of the two kernels boots in a new QEMU; an utopia up that watches ends';
    display.report({ kind: 'note', text });
  }
  let running = before;
  const startAgain = async (): Promise<void> => {
    running = await bootAnew(context, located, before);
  };
  const own = needsNewQemu(before) ? { bootAnew: startAgain } : {};
  await rebootGuest(context, located, before, reboot, display, own);
  // A new QEMU begins new logs.
  let marks = running === before ? await markLogs(located) : { console: 0, firmware: 0 };
  const title = 'trial';
  display.report({ kind: 'moved', title, detail: `Linux ${version}, once` });
  const trial = { stallMs, panicSeconds, display, title };
  let boot = await watchBoot(context, located, running, marks, trial);
  if (boot.end === 'up') {
    const guest = await enter(context, located);
    if (guest?.release === version) {
      return { kind: 'booted', access: guest.access, elapsedMs: boot.elapsedMs };
    }
    // A firmware without a log does not tell of a reset: it is back already.
    boot = { ...boot, end: guest === undefined ? 'silent' : 'rebooted' };
    if (guest !== undefined) {
      const crashes = await findCrashes(located.paths.consoleLog, boot.console);
      return { kind: 'failed', boot, crashes, ...guest, byItself: true };
    }
  }
  const byItself = boot.end === 'rebooted';
  const why = byItself ? 'it rebooted by itself' : endTexts[boot.end];
  display.report({ kind: 'warned', title, detail: why });
  if (boot.end === 'ended') throw endedMeanwhile(located, version);
  // Before a new QEMU begins a new log.
  const crashes = await findCrashes(located.paths.consoleLog, boot.console);
  if (needsNewQemu(running)) {
    running = await underLock(context, located, async () => {
      return await bootAnew(context, located, running);
    });
    marks = { console: 0, firmware: 0 };
  } else if (byItself) {
    marks = { console: boot.console.to, firmware: (await markLogs(located)).firmware };
  } else {
    marks = await markLogs(located);
    await startGuestAnew(context, located, running);
  }
  const back = await comeBack(context, located, running, marks, stallMs, display);
  return { kind: 'failed', boot, crashes, ...back, byItself };
}

const endTexts: Readonly<Record<WatchedBoot['end'], string>> = {
  up: 'it does not let anybody in',
  rebooted: 'it rebooted by itself',
  panicked: 'it panicked, and did not reboot: it is reset',
  'locked-up': 'a processor is locked up: it is reset',
  halted: 'it has halted: it is reset',
  silent: 'it shows no sign of life: it is reset',
  stuck: 'it waits for somebody: it is reset',
  ended: 'the machine ended',
};

/** The old kernel's boot. */
async function comeBack(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  marks: LogMarks,
  stallMs: number,
  display: ProgressDisplay,
): Promise<Guest> {
  const title = 'boot';
  display.report({ kind: 'started', title });
  const options = { stallMs, panicSeconds: undefined, display, title };
  const boot = await watchBoot(context, located, running, marks, options);
  const guest = boot.end === 'up' ? await enter(context, located) : undefined;
  if (guest === undefined) {
    throw new UtopiaError(
      'boot-failed',
      `${located.config.name} does not come back with its old kernel: ${boot.diagnosis.what}`,
      {
        details: boot.diagnosis.lines.map((line) => `| ${line}`),
        hint: 'utopia down --force, then utopia up starts it anew, with its old kernel.\nutopia snapshot list names what was saved before the install.',
      },
    );
  }
  const detail = `Linux ${guest.release}`;
  display.report({ kind: 'finished', title, detail, elapsedMs: boot.elapsedMs });
  return guest;
}

function endedMeanwhile({ config }: LocatedMachine, version: string): UtopiaError {
  return new UtopiaError(
    'boot-failed',
    `Linux ${version} powered ${config.name} off instead of booting.`,
    { hint: 'utopia up starts it with its old kernel, which is still the default.' },
  );
}

interface Guest {
  readonly access: GuestAccess;
  readonly release: string;
}

/** Enters a guest whose SSH has greeted; undefined where nobody is let in. */
async function enter(
  context: LifecycleContext,
  located: LocatedMachine,
): Promise<Guest | undefined> {
  const { paths } = located;
  for (let count = 0; count < mostLogins; count += 1) {
    if (count > 0) await sleep(loginEveryMs, undefined, { signal: context.signal });
    const state = await readState(paths);
    if (state === undefined) return undefined;
    const access = await guestAccess(context, located, { qemu: state.qemu, state }, 'root');
    try {
      const { status, stdout } = await runInGuest(access, 'uname -r', { timeoutMs: 60_000 });
      if (status !== 0) continue;
      await writeState(paths, { ...state, readyAt: context.now().toISOString() });
      return { access, release: stdout.trim() };
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof UtopiaError)) throw error;
    }
  }
  return undefined;
}

/** Another utopia may be asking for this machine's state. */
const lockWaitMs = 5_000;

async function underLock<T>(
  context: LifecycleContext,
  { paths }: LocatedMachine,
  work: () => Promise<T>,
): Promise<T> {
  const { signal } = context;
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** What the kernel reported on its console during that boot. */
async function findCrashes(
  file: string,
  { from, to }: WatchedBoot['console'],
): Promise<readonly RepeatedCrash[]> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return [];
  try {
    const length = Math.min(Math.max(0, to - from), mostConsoleBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
    const list = collectCrashes(50);
    const scanner = scanCrashes();
    for (const crash of scanner.read(buffer.subarray(0, bytesRead))) list.add(crash);
    for (const crash of scanner.finish()) list.add(crash);
    return list.crashes;
  } finally {
    await handle.close();
  }
}
