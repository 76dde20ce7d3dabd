import { openDeadline, type Deadline } from '../../system/deadline.ts';
import type { Environment } from '../../environment.ts';
import { knownSlowdown } from '../known-slowdown.ts';

/** The host's speed under emulation, measured at most once. */
export interface Speed {
  /** Begins before anybody asks. */
  start(binary: string): void;
  /** Ends what was begun: nobody will ask. */
  stop(): void;
  /** See `measureSlowdown`. */
  ask(binary: string): Promise<number | undefined>;
}

/** Starts nothing yet. A measurement ends with the signal. */
export function openSpeed(env: Environment, signal: AbortSignal): Speed {
  let running: { readonly found: Promise<number | undefined>; readonly end: Deadline } | undefined;

  async function measure(binary: string, ending: AbortSignal): Promise<number | undefined> {
    const known = await knownSlowdown(binary, env);
    if (known !== undefined) return known;
    const { measureSlowdown } = await import('../slowdown.ts');
    return await measureSlowdown(binary, env, ending);
  }

  async function ask(binary: string): Promise<number | undefined> {
    if (running === undefined) {
      const end = openDeadline(undefined, signal);
      running = { end, found: measure(binary, end.signal).finally(end.stop) };
    }
    return await running.found;
  }

  return {
    ask,
    // Whoever asks later hears of its errors.
    start: (binary) => void ask(binary).catch(() => {}),
    stop: () => {
      running?.end.abort();
      running = undefined;
    },
  };
}
