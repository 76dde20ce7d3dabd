import { signalProcess, waitForExit, type ProcessIdentity } from '../system/process.ts';

/**
 * What the power button can still do: a guest hears it, hangs and perhaps does not, or is dead and
 * never will.
 */
export type Prospect = 'hears' | 'hangs' | 'dead';

/** What the stop ladder asks of QEMU's monitor; each may reject when it is not reachable. */
export interface StopCommands {
  powerDown(): Promise<void>;
  quit(): Promise<void>;
  /** Asked before each press of the power button; without it, every guest hears it. */
  prospect?(): Promise<Prospect>;
}

/** The rung of the ladder that ended the machine. */
export type StopStep = 'powered-down' | 'quit' | 'terminated' | 'killed' | 'gone';

export interface StopOptions {
  /** Time for the guest to power down after the ACPI button; 0 goes to `quit` at once. */
  readonly powerDownMs: number;
  /** Aborted when nobody wants to wait for the guest any longer: the next rung is taken. */
  readonly hurry?: AbortSignal | undefined;
  readonly onStep?: (step: 'power-down' | 'quit' | 'terminate' | 'kill') => void;
}

/**
 * Between two presses of the power button, in ms. A guest hears it only once its
 * acpid or logind runs, some seconds after SSH answers; one that is on its way
 * down already takes no notice.
 */
export const pressEveryMs = 5_000;
/**
 * How long a guest that hangs may take to come back and hear the power button, in ms. It was seen to
 * hang when that began, when it ends, and each time between.
 */
export const hangsMs = 10_000;
/** Time for QEMU to flush its disks and end after `quit`, in ms; a full disk cache may take a while. */
const quitMs = 10_000;
const terminateMs = 5_000;

/**
 * Ends exactly this QEMU by the gentlest means that works: ACPI power button,
 * QMP quit, SIGTERM (QEMU's own clean end, for when no monitor answers), SIGKILL.
 * Returns the one that did it.
 */
export async function stopMachine(
  qemu: ProcessIdentity,
  commands: StopCommands,
  options: StopOptions,
): Promise<StopStep> {
  const gone = (timeoutMs: number, signal?: AbortSignal): Promise<boolean> =>
    waitForExit(qemu, signal === undefined ? { timeoutMs } : { timeoutMs, signal }).catch(
      () => false,
    );

  if (await gone(0)) return 'gone';
  if (options.powerDownMs > 0 && options.hurry?.aborted !== true) {
    options.onStep?.('power-down');
    const hurried = (): boolean => options.hurry?.aborted === true;
    let hungAt: number | undefined;
    for (let left = options.powerDownMs; left > 0 && !hurried(); left -= pressEveryMs) {
      const prospect = (await commands.prospect?.().catch(() => undefined)) ?? 'hears';
      if (prospect === 'dead') break;
      hungAt = prospect === 'hangs' ? (hungAt ?? left) : undefined;
      if (hungAt !== undefined && hungAt - left >= hangsMs) break;
      if (!(await succeeds(commands.powerDown()))) break;
      if (await gone(Math.min(left, pressEveryMs), options.hurry)) return 'powered-down';
    }
  }
  options.onStep?.('quit');
  const asked = await succeeds(commands.quit());
  if (await gone(asked ? quitMs : 0)) return 'quit';
  options.onStep?.('terminate');
  await signalProcess(qemu, 'SIGTERM');
  if (await gone(terminateMs)) return 'terminated';
  options.onStep?.('kill');
  await signalProcess(qemu, 'SIGKILL');
  await gone(terminateMs);
  return 'killed';
}

/** A monitor that hangs up while QEMU ends has done what was asked: only time tells. */
async function succeeds(request: Promise<void>): Promise<boolean> {
  return await request.then(
    () => true,
    () => false,
  );
}
