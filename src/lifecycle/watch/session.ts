import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence } from '../../diagnose/diagnosis.ts';
import { crashHeadline } from '../../crash/headline.ts';
import type { Crash } from '../../crash/crash-event.ts';
import { watchCrashes } from '../../crash/watch-crashes.ts';
import {
  createConsoleReader,
  keepConsoleTail,
  type ConsoleText,
} from '../../guest/console-text.ts';
import type { GuestEvent } from '../../guest/events.ts';
import { followFile } from '../../guest/follow-file.ts';
import { watchGuest, type GuestWatch } from '../../guest/watch-guest.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { typedKernel } from '../../machine/kernel-line.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import { readQemuLog, type QemuExit, type StartedQemu } from '../../machine/start.ts';
import { connectQmp, type QmpClient } from '../../qmp/client.ts';
import { queryBlockStats, queryStatus } from '../../qmp/queries.ts';
import { readTextScreen } from '../../qmp/text-screen.ts';
import { hasHalted } from './guest-state.ts';
import { createEventListeners } from './event-listeners.ts';
import { watchConsoleLife } from './console-life.ts';
import { watchForHalt } from './halt-watch.ts';

/** One look at the disks' counters a second: enough to see that a silent guest still works. */
const diskLookMs = 1_000;
/** Pause between attempts to reach a monitor that QEMU has not opened yet. */
const reconnectMs = 25;
/** A report that has not ended after so long will say no more: soft lockups have no last line. */
const settledMs = 300;

/** Everything that a running machine says, in one place, from its start to its end. */
export interface MachineSession {
  readonly guest: GuestWatch;
  /** Ends with the session. */
  readonly signal: AbortSignal;
  /** A halt is heard also by who comes after it. Gives the function that ends it. */
  onEvent(listener: (event: GuestEvent) => void): () => void;
  onConsole(listener: (text: ConsoleText) => void): void;
  /** The panic device was heard in this boot. */
  panicHeard(): boolean;
  /** Milliseconds since QEMU was started, and since its guest last showed a sign of life. */
  elapsedMs(): number;
  silentMs(): number;
  monitor(): QmpClient | undefined;
  /** Somebody has read the guest's SSH banner: its boot is over. */
  bannerSeen(banner: string): void;
  readonly exited: Promise<QemuExit>;
  evidence(): Promise<Evidence>;
  /** Rejects when following the machine fails: a bug of ours or of the host. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

export function openSession(
  started: StartedQemu,
  plan: MachinePlan,
  paths: MachinePaths,
): MachineSession {
  const end = new AbortController();
  const { signal } = end;
  const guest = watchGuest();
  let tail = keepConsoleTail();
  const startedAt = performance.now();
  const listeners = createEventListeners();
  const consoleListeners = new Set<(text: ConsoleText) => void>();
  let movedAt = startedAt;
  let monitor: QmpClient | undefined;
  let diskOperations: number | undefined;
  let panicked = false;
  let crash: Crash | undefined;
  let shutdownBy: 'guest' | 'host' | undefined;

  const elapsedMs = (): number => Math.round(performance.now() - startedAt);

  function emit(events: readonly GuestEvent[]): void {
    for (const event of events) {
      if (event.kind === 'panicked') panicked = true;
      if (event.kind === 'crashed') crash = event.crash;
      if (event.kind === 'rebooted') {
        // What the boot before has said explains nothing about this one.
        tail = keepConsoleTail();
        panicked = false;
        crash = undefined;
      }
      if (event.kind === 'shutdown') shutdownBy = event.by;
      if (event.kind === 'halted') shutdownBy = 'guest';
      listeners.emit(event);
    }
  }

  async function followFirmware(): Promise<void> {
    const read = createConsoleReader();
    for await (const chunk of followFile(plan.files.firmwareLog, { signal })) {
      movedAt = performance.now();
      emit(guest.read('firmware', read(chunk), elapsedMs()));
    }
  }

  function tell(found: readonly Crash[]): void {
    emit(found.map((each) => ({ kind: 'crashed', crash: each, atMs: elapsedMs() })));
  }

  async function followConsole(): Promise<void> {
    let read = createConsoleReader();
    const crashes = watchCrashes();
    const showsLife = watchConsoleLife();
    const lookForHalt = watchForHalt(
      async () => monitor !== undefined && (await hasHalted(monitor)),
      () => emit([{ kind: 'halted', atMs: elapsedMs() }]),
      signal,
    );
    let settling: NodeJS.Timeout | undefined;
    for await (const chunk of followFile(plan.files.consoleLog, { signal })) {
      if (showsLife(chunk)) movedAt = performance.now();
      tail.add(chunk);
      tell(crashes.read(chunk));
      lookForHalt(chunk);
      clearTimeout(settling);
      settling = setTimeout(() => tell(crashes.settle()), settledMs);
      // A guest that is up may flood its console: then nobody needs its lines one by one.
      if (guest.stage === 'ssh' && consoleListeners.size === 0) {
        read = createConsoleReader();
        continue;
      }
      const text = read(chunk);
      for (const listener of consoleListeners) listener(text);
      emit(guest.read('console', text, elapsedMs()));
    }
    clearTimeout(settling);
    tell(crashes.settle());
  }

  async function listen(): Promise<void> {
    while (!signal.aborted && started.exit() === undefined) {
      monitor = await connectQmp(plan.files.watchSocket, { signal }).catch(() => undefined);
      if (monitor === undefined) {
        await sleep(reconnectMs, undefined, { signal }).catch(() => {});
        continue;
      }
      monitor.onEvent((event) => emit(guest.handleEvent(event, elapsedMs())));
      await monitor.closed;
      monitor = undefined;
    }
  }

  async function watchDisks(): Promise<void> {
    while (!signal.aborted && guest.stage !== 'ssh') {
      await sleep(diskLookMs, undefined, { signal }).catch(() => {});
      const stats =
        monitor === undefined ? undefined : await queryBlockStats(monitor).catch(() => undefined);
      if (stats === undefined || stats.operations === diskOperations) continue;
      diskOperations = stats.operations;
      movedAt = performance.now();
    }
  }

  const tasks = Promise.all([followConsole(), followFirmware(), listen(), watchDisks()]);
  const failed = new Promise<never>((_resolve, reject) => void tasks.catch(reject));
  // Whoever waits races against it; nobody waits between two phases.
  failed.catch(() => {});

  return {
    guest,
    signal,
    failed,
    elapsedMs,
    exited: started.exited,
    silentMs: () => Math.round(performance.now() - movedAt),
    monitor: () => monitor,
    panicHeard: () => panicked,
    bannerSeen: (banner) => emit(guest.bannerSeen(banner, elapsedMs())),
    onEvent: listeners.add,
    onConsole: (listener) => void consoleListeners.add(listener),
    evidence: async () => ({
      qemuExit: started.exit(),
      qemuOutput: await readQemuLog(paths),
      firmwareLog: await readText(plan.files.firmwareLog),
      consoleLines: tail.lines(),
      screenLines: await readScreen(monitor, guest, Math.round(performance.now() - movedAt)),
      stage: guest.stage,
      sawLogin: guest.sawLogin,
      panicked: panicked || crash?.panic !== undefined,
      crash: crash === undefined ? undefined : crashHeadline(crash),
      shutdownBy,
      runState: await runState(monitor),
      diskOperations,
      elapsedMs: elapsedMs(),
      silentForMs: Math.round(performance.now() - movedAt),
      accelerator: plan.accelerator,
      ssh: plan.sshListens === false ? undefined : plan.ssh,
      hasExtraArgs: plan.extraArgs.length > 0,
      directKernel:
        plan.kernel === undefined || plan.kernel.from !== undefined
          ? undefined
          : typedKernel(plan.kernel),
      ownKernel: plan.extraArgs.some((word) => /^--?kernel$/.test(word)),
      rescued: plan.kernel?.from === 'image',
    }),
    close: async () => {
      end.abort();
      await tasks.catch(() => {});
      monitor?.close();
    },
  };
}

/** Silence after which a look at the screen is worth its price. */
const screenAfterMs = 2_000;

/** The text screen is read while a boot stands still before its kernel: a boot loader is often only there. */
async function readScreen(
  monitor: QmpClient | undefined,
  guest: GuestWatch,
  silentMs: number,
): Promise<readonly string[] | undefined> {
  const early = guest.stage === undefined || guest.stage === 'firmware' || guest.stage === 'loader';
  if (monitor === undefined || !early || silentMs < screenAfterMs) return undefined;
  return await readTextScreen(monitor).catch(() => undefined);
}

async function runState(monitor: QmpClient | undefined): Promise<string | undefined> {
  if (monitor === undefined) return undefined;
  return await queryStatus(monitor, { timeoutMs: 1_000 }).then(
    (state) => state.status,
    () => undefined,
  );
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'latin1').catch(() => '');
}
