import { openDeadline } from '../../system/deadline.ts';
import { whyNotIdle, whyTight, type HostIdleness } from '../../host/idle.ts';
import type { MakingEnd } from './warm-child.ts';

/** Between two looks at the host. */
export const lookMs = 5_000;
/** So many looks in a row must have found the host idle: two minutes, in which nobody builds or boots anything. */
export const calmLooks = 24;

/** What is done while one waits for an idle host. */
export interface WarmSteps {
  /** Waits for the next look; comes back sooner when nobody waits any more. */
  pause(): Promise<void>;
  look(): Promise<HostIdleness>;
  /** Whether there is a base by now, whoever has made it. */
  isThere(): Promise<boolean>;
  /** Makes it; gives it up when the signal is aborted. */
  make(signal: AbortSignal): Promise<MakingEnd>;
}

/**
 * Makes a warm base once the host has been idle for a while. One try, given up when
 * the host runs out of something meanwhile; when another utopia makes one just then,
 * it waits again. `ended` when `signal` was aborted.
 */
export async function warmWhenIdle(
  steps: WarmSteps,
  memoryMiB: number,
  signal: AbortSignal,
): Promise<MakingEnd> {
  let calm = 0;
  while (!signal.aborted) {
    await steps.pause();
    if (signal.aborted) break;
    calm = whyNotIdle(await steps.look(), memoryMiB) === undefined ? calm + 1 : 0;
    if (calm < calmLooks) continue;
    if (await steps.isThere()) return { kind: 'there' };
    const end = await makeUnlessTight(steps, signal);
    if (end.kind !== 'busy') return end;
    calm = 0;
  }
  return { kind: 'ended' };
}

/** That the host is busy again is no reason to stop: the child has the lowest priority. */
async function makeUnlessTight(steps: WarmSteps, signal: AbortSignal): Promise<MakingEnd> {
  const giveUp = openDeadline(undefined, signal);
  let tight: string | undefined;
  let over = false;
  const making = steps.make(giveUp.signal).finally(() => {
    over = true;
    giveUp.stop();
  });
  const watching = async (): Promise<void> => {
    for (;;) {
      await Promise.race([steps.pause(), making]);
      if (over || signal.aborted) return;
      tight = whyTight(await steps.look());
      if (tight === undefined) continue;
      giveUp.abort();
      return;
    }
  };
  const [end] = await Promise.all([making, watching()]);
  return end.kind === 'ended' && tight !== undefined
    ? { kind: 'failed', status: undefined, why: `The host was running out of ${tight}.` }
    : end;
}
