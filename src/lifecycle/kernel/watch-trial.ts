import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { diagnose } from '../../diagnose/diagnose.ts';
import type { Diagnosis, Evidence } from '../../diagnose/diagnosis.ts';
import { createConsoleReader, keepConsoleTail } from '../../guest/console-text.ts';
import { waitForPrivateBanner, waitForSshBanner } from '../../guest/ssh-banner.ts';
import { watchGuest } from '../../guest/watch-guest.ts';
import { reachable } from '../../machine/plan.ts';
import { isSshOpen, type RunningMachine } from '../../machine/state.ts';
import { hangsMs } from '../../machine/stop.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { queryBlockStats, queryStatus } from '../../qmp/queries.ts';
import { isAlive } from '../../system/process.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';
import { watchConsoleLife } from '../watch/console-life.ts';
import { lookAtGuest } from '../watch/guest-state.ts';
import { dialTo } from '../watch/ssh-port.ts';
import { openDeadline } from '../../system/deadline.ts';

/** How a boot that is watched ends: SSH greets, or it will not, and why. */
export type BootEnd =
  /** SSH greets. */
  | 'up'
  /** The machine was reset meanwhile, as a kernel does after a panic with panic=. */
  | 'rebooted'
  /** The kernel has panicked, and stays. */
  | 'panicked'
  | 'locked-up'
  | 'halted'
  /** Neither console nor disks have moved for as long as was to be waited. */
  | 'silent'
  /** It waits for somebody: a shell of the initramfs, the boot loader. */
  | 'stuck'
  /** QEMU has ended. */
  | 'ended';

/** One boot as it was watched. */
export interface WatchedBoot {
  readonly end: BootEnd;
  readonly elapsedMs: number;
  /** What the house makes of it; of no use for one that is up. */
  readonly diagnosis: Diagnosis;
  /** Where the boot began and ended in the console's log, in bytes. */
  readonly console: { readonly from: number; readonly to: number };
}

export interface WatchOptions {
  /** A guest that shows no sign of life for so long, in ms, hangs. */
  readonly stallMs: number;
  /** Seconds after which its kernel reboots by itself after a panic; undefined for never. */
  readonly panicSeconds: number | undefined;
  readonly display: ProgressDisplay;
  /** Title of its lines. */
  readonly title: string;
}

const tickMs = 250;
const diskLookMs = 1_000;
/** How much later than promised a kernel reboots on a busy host. */
const panicGraceMs = 30_000;
/** Of a log, read at once. */
const pieceBytes = 256 * 1024;
const bootSector = /^Booting from \w+:7c00/;
const hopeless = new Set(['initramfs-shell', 'loader-stuck', 'no-bootable-disk']);

/** Lengths of the logs, before the boot that is to be watched. */
export interface LogMarks {
  readonly console: number;
  readonly firmware: number;
}

export async function markLogs({ paths }: LocatedMachine): Promise<LogMarks> {
  return { console: await sizeOf(paths.consoleLog), firmware: await sizeOf(paths.firmwareLog) };
}

/**
 * Watches a boot of a machine that runs until SSH greets or it will not; `marks` are from before
 * it. Other commands reach QEMU meanwhile. Throws the signal's reason.
 */
export async function watchBoot(
  context: Pick<LifecycleContext, 'signal' | 'now'>,
  located: LocatedMachine,
  running: RunningMachine,
  marks: LogMarks,
  { stallMs, panicSeconds, display, title }: WatchOptions,
): Promise<WatchedBoot> {
  const { paths } = located;
  const startedAt = performance.now();
  const guest = watchGuest();
  const tail = keepConsoleTail();
  const showsLife = watchConsoleLife();
  const consoleLog = followLog(paths.consoleLog, marks.console);
  const firmwareLog = followLog(paths.firmwareLog, marks.firmware);
  const [readConsole, readFirmware] = [createConsoleReader(), createConsoleReader()];
  let firmwareText = '';
  let bootSectors = 0;
  let movedAt = startedAt;
  let operations: number | undefined;
  let diskLookAt = 0;
  let panickedAt: number | undefined;
  let lockedUpAt: number | undefined;
  let panicked = false;
  let runState: string | undefined;
  let greeted = false;

  const elapsedMs = (): number => Math.round(performance.now() - startedAt);
  const readLogs = async (): Promise<void> => {
    for (const chunk of await firmwareLog.read()) {
      const text = readFirmware(chunk);
      bootSectors += text.lines.filter((line) => bootSector.test(line)).length;
      firmwareText = (firmwareText + chunk.toString('latin1')).slice(-pieceBytes);
      guest.read('firmware', text, elapsedMs());
      movedAt = performance.now();
    }
    for (const chunk of await consoleLog.read()) {
      tail.add(chunk);
      if (showsLife(chunk)) movedAt = performance.now();
      for (const event of guest.read('console', readConsole(chunk), elapsedMs())) {
        if (event.kind !== 'stage' || event.detail === undefined) continue;
        display.report({ kind: 'moved', title, detail: event.detail });
      }
    }
  };
  const lookAtDisks = async (): Promise<void> => {
    if (performance.now() - diskLookAt < diskLookMs) return;
    diskLookAt = performance.now();
    const stats = await withMonitor(context, located, running, queryBlockStats).catch(
      () => undefined,
    );
    if (stats === undefined || stats.operations === operations) return;
    operations = stats.operations;
    movedAt = performance.now();
  };
  const evidence = (): Evidence => ({
    firmwareLog: firmwareText,
    consoleLines: tail.lines(),
    stage: guest.stage,
    sawLogin: guest.sawLogin,
    panicked,
    runState,
    diskOperations: operations,
    elapsedMs: elapsedMs(),
    silentForMs: Math.round(performance.now() - movedAt),
    accelerator: running.state?.plan.accelerator,
    ssh: running.state?.ssh,
    hasExtraArgs: (running.state?.plan.extraArgs.length ?? 0) > 0,
  });
  const look = async (): Promise<BootEnd | undefined> => {
    if (!(await isAlive(running.qemu))) return 'ended';
    await readLogs();
    if (bootSectors > 1) return 'rebooted';
    const found = await withMonitor(context, located, running, async (client) => {
      const state = await queryStatus(client);
      runState = state.status;
      return await lookAtGuest(client, { running, paths });
    }).catch(() => undefined);
    context.signal.throwIfAborted();
    const now = performance.now();
    if (found?.kind === 'halted') return 'halted';
    if (found?.kind === 'panicked') {
      panicked = true;
      panickedAt ??= now;
      // QEMU has stopped it: its own clock does not go on.
      if (runState === 'guest-panicked' || panicSeconds === undefined) return 'panicked';
    }
    if (panickedAt !== undefined) {
      const graceMs = (panicSeconds ?? 0) * 1000 + panicGraceMs;
      return now - panickedAt >= graceMs ? 'panicked' : undefined;
    }
    lockedUpAt = found?.kind === 'locked-up' ? (lockedUpAt ?? now) : undefined;
    if (lockedUpAt !== undefined && now - lockedUpAt >= hangsMs) return 'locked-up';
    if (greeted) return 'up';
    await lookAtDisks();
    if (hopeless.has(diagnose(evidence()).id)) return 'stuck';
    return performance.now() - movedAt >= stallMs ? 'silent' : undefined;
  };

  const over = openDeadline(undefined, context.signal);
  waitForBanner(running, over.signal).then(
    () => (greeted = true),
    () => {},
  );
  try {
    for (;;) {
      const before = evidence();
      const end = await look();
      if (end !== undefined) {
        return {
          end,
          elapsedMs: elapsedMs(),
          // By then the console has words of the boot behind this one.
          diagnosis: diagnose(end === 'rebooted' ? { ...before, panicked } : evidence()),
          console: { from: marks.console, to: consoleLog.at() },
        };
      }
      await sleep(tickMs, undefined, { signal: context.signal });
    }
  } finally {
    over.abort();
    over.stop();
  }
}

/** By a port of the host, or by private connections to a guest that has none. */
async function waitForBanner({ qemu, state }: RunningMachine, signal: AbortSignal): Promise<void> {
  // Nothing is known of the way in: uname would not get there either.
  if (state === undefined) return;
  const { host, port } = state.ssh;
  if (isSshOpen(state)) await waitForSshBanner({ host: reachable(host), port, signal });
  else await waitForPrivateBanner(dialTo(state.plan.files.qmpSocket, qemu), signal);
}

/** Reads what a log has grown by, from a place on. */
function followLog(
  file: string,
  from: number,
): { readonly read: () => Promise<readonly Buffer[]>; readonly at: () => number } {
  let at = from;
  return {
    at: () => at,
    read: async () => {
      const handle = await open(file).catch(() => undefined);
      if (handle === undefined) return [];
      try {
        const { buffer, bytesRead } = await handle.read(
          Buffer.alloc(pieceBytes),
          0,
          pieceBytes,
          at,
        );
        at += bytesRead;
        return bytesRead === 0 ? [] : [buffer.subarray(0, bytesRead)];
      } finally {
        await handle.close();
      }
    },
  };
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
