import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { attemptTimeoutMs } from '../../src/guest/ssh-banner.ts';

/** One boot, measured from QEMU's start to the first bytes of the SSH banner. */
export interface BootMeasurement {
  readonly bannerMs: number;
  /** Processor time of QEMU until then, user and system: what other load does not change. */
  readonly cpuMs: number;
}

/** A QEMU that runs, and what becomes of it. */
export interface BootingMachine {
  readonly child: ChildProcess;
  readonly startedAt: number;
  /** What QEMU wrote on stderr so far. */
  readonly complaints: () => string;
  /** Ends it without mercy and waits for its end. */
  stop(): Promise<void>;
}

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts QEMU with these arguments; a QEMU that outlives its test is killed with the process. */
export function startQemu(argv: readonly string[]): BootingMachine {
  const startedAt = performance.now();
  const child = spawn('qemu-system-x86_64', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  return {
    child,
    startedAt,
    complaints: () => complaints,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      process.off('exit', killWithUs);
    },
  };
}

/** Between two tries to connect. One at a time: tries that overlap keep an emulated sshd busy with forks. */
const pauseMs = 200;

/**
 * Waits for `SSH-` on a forwarded port. QEMU's user networking accepts at once,
 * so only the banner counts. Throws when QEMU ends first or `timeoutMs` passes. `attemptMs`
 * says how long one attempt may last that begins so long after QEMU's start.
 */
export async function waitForBanner(
  machine: BootingMachine,
  port: number,
  timeoutMs = 240_000,
  attemptMs = attemptTimeoutMs,
): Promise<BootMeasurement> {
  const deadline = machine.startedAt + timeoutMs;
  for (;;) {
    if (machine.child.exitCode !== null || machine.child.signalCode !== null) {
      throw new Error(`QEMU ended before SSH answered: ${machine.complaints()}`);
    }
    if (performance.now() > deadline) {
      throw new Error(`no SSH banner within ${timeoutMs} ms: ${machine.complaints()}`);
    }
    if (await hearsBanner(port, attemptMs(performance.now() - machine.startedAt))) {
      const bannerMs = performance.now() - machine.startedAt;
      return { bannerMs, cpuMs: processorTime(machine.child.pid ?? 0) };
    }
    await sleep(pauseMs);
  }
}

/** Waits for `SSH-` on a port, whoever serves it, until `deadline` (performance.now()). */
export async function waitForBannerOn(port: number, deadline: number): Promise<void> {
  const start = performance.now();
  while (performance.now() < deadline) {
    if (await hearsBanner(port, attemptTimeoutMs(performance.now() - start))) return;
    await sleep(pauseMs);
  }
  throw new Error(`no SSH banner on port ${port}`);
}

/** Emulated, a plain Debian 13 beside other work was seen to take 160 s; this only ends a boot that hangs. */
const longestMeasuredMs = 300_000;

/**
 * Boots QEMU until the banner, then kills it: only for overlays and snapshots that nobody needs.
 * Each attempt lasts 4 s: with attempts that grow, a slow boot is seen late by as much as QEMU's
 * network waits before it asks the guest once more, and looks slower than it is.
 */
export async function measureBoot(argv: readonly string[], port: number): Promise<BootMeasurement> {
  const machine = startQemu(argv);
  try {
    return await waitForBanner(machine, port, longestMeasuredMs, () => 4_000);
  } finally {
    await machine.stop();
  }
}

/** One try. */
function hearsBanner(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.once('data', (bytes) => {
      resolve(bytes.toString('latin1').startsWith('SSH-'));
      socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, in ticks of 1/100 s.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
