import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A process that cannot be mistaken for a later one with the same number: within
 * one boot of the host, a pid and a start time belong to one process only.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the host's boot and the process's start (/proc/PID/stat, field 22). */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
}

/** The identity of a process that runs now; undefined when there is none, or only its zombie. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readProcFile(`/proc/${pid}/stat`);
  const bootId = await readProcFile('/proc/sys/kernel/random/boot_id');
  if (stat === undefined || bootId === undefined) return undefined;
  // The program's name stands in brackets and may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = Number(fields[19]);
  if (state === 'Z' || state === 'X' || !Number.isFinite(startTicks)) return undefined;
  return { pid, startTicks, bootId: bootId.trim() };
}

/** Whether this very process still runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await identifyProcess(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** The arguments a process was started with; empty when it is gone or not ours to read. */
export async function processArguments(pid: number): Promise<readonly string[]> {
  const text = (await readProcFile(`/proc/${pid}/cmdline`)) ?? '';
  return text.split('\0').slice(0, -1);
}

/** Memory of the host that a process occupies now, in bytes (VmRSS of proc(5)); undefined when it is gone. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = (await readProcFile(`/proc/${pid}/status`)) ?? '';
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Waits until the process is gone; false when `timeoutMs` has passed first. */
export async function waitForExit(
  identity: ProcessIdentity,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<boolean> {
  const deadline = performance.now() + options.timeoutMs;
  while (await isAlive(identity)) {
    if (performance.now() >= deadline) return false;
    await sleep(50, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
  return true;
}

/** Sends a signal to exactly this process; false when it was gone already. */
export async function signalProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function readProcFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
