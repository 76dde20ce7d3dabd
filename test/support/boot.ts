import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

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

/**
 * Waits for `SSH-` on a forwarded port. QEMU's user networking accepts at once,
 * so only the banner counts. Throws when QEMU ends first or `timeoutMs` passes.
 */
export async function waitForBanner(
  machine: BootingMachine,
  port: number,
  timeoutMs = 180_000,
): Promise<BootMeasurement> {
  const deadline = machine.startedAt + timeoutMs;
  while (performance.now() < deadline) {
    if (machine.child.exitCode !== null || machine.child.signalCode !== null) {
      throw new Error(`QEMU ended before SSH answered: ${machine.complaints()}`);
    }
    if (await hearBanner(port)) {
      return {
        bannerMs: performance.now() - machine.startedAt,
        cpuMs: processorTime(machine.child.pid ?? 0),
      };
    }
    await sleep(50);
  }
  throw new Error(`no SSH banner within ${timeoutMs} ms: ${machine.complaints()}`);
}

/** Waits for `SSH-` on a port, whoever serves it, until `deadline` (performance.now()). */
export async function waitForBannerOn(port: number, deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    if (await hearBanner(port)) return;
    await sleep(50);
  }
  throw new Error(`no SSH banner on port ${port}`);
}

/** Boots QEMU until the banner, then kills it: only for overlays and snapshots that nobody needs. */
export async function measureBoot(argv: readonly string[], port: number): Promise<BootMeasurement> {
  const machine = startQemu(argv);
  try {
    return await waitForBanner(machine, port);
  } finally {
    await machine.stop();
  }
}

/** One try: the connection is given up when nothing has come after two seconds. */
async function hearBanner(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (heard: boolean): void => {
      socket.destroy();
      resolve(heard);
    };
    socket.setTimeout(2000, () => finish(false));
    socket.once('data', (bytes) => finish(bytes.toString('latin1').startsWith('SSH-')));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}

function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, in ticks of 1/100 s.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
