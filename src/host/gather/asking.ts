import { messageOf } from '../../errors.ts';
/** Longest wait for one fact, unless its probe says otherwise. */
const factTimeoutMs = 4_000;

/**
 * Asks for one fact. A probe that throws, or takes longer than `limitMs`, leaves
 * the fact undefined and a line in `gaps`; the others go on.
 */
export type Ask = <Fact>(
  name: string,
  probe: () => Promise<Fact>,
  limitMs?: number,
) => Promise<Fact | undefined>;

export interface Asking {
  readonly ask: Ask;
  readonly gaps: ReadonlyMap<string, string>;
}

/** Limits are multiplied by `timeoutScale`. */
export function startAsking(signal: AbortSignal, timeoutScale = 1): Asking {
  const gaps = new Map<string, string>();
  const ask: Ask = async (name, probe, usualLimitMs = factTimeoutMs) => {
    const limitMs = usualLimitMs * timeoutScale;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        gaps.set(name, `no answer within ${Math.round(limitMs / 1000)} s`);
        resolve(undefined);
      }, limitMs);
    });
    try {
      return await Promise.race([probe(), late]);
    } catch (error) {
      signal.throwIfAborted();
      gaps.set(name, messageOf(error));
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  };
  return { ask, gaps };
}
