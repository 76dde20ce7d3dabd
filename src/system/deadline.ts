/** An end that may come: by a call, with another signal, or after some time. */
export interface Deadline {
  /** Aborted then; the reason is the first one's. */
  readonly signal: AbortSignal;
  /** It was time that ended it. */
  readonly passed: () => boolean;
  /** Ends it now. */
  readonly abort: (reason?: unknown) => void;
  /** Nobody waits any more: the signal is aborted by nothing but `abort`. */
  readonly stop: () => void;
}

/** The longest wait of a Node timer, in ms; one that is set for longer fires at once. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * A signal that is aborted after `ms` (undefined: no time ends it), with one of `others`, or
 * by `abort`. It holds its timer and its listeners until `stop`: `AbortSignal.any` and
 * `AbortSignal.timeout` hold each other weakly, and under Node 20 a collected one never fires.
 * They are used nowhere else (test/unit/system/deadline.test.ts).
 */
export function openDeadline(ms: number | undefined, ...others: readonly AbortSignal[]): Deadline {
  const end = new AbortController();
  let passed = false;
  const timer =
    ms === undefined
      ? undefined
      : setTimeout(
          () => {
            passed = true;
            end.abort(new DOMException(`No end within ${ms / 1000} s.`, 'TimeoutError'));
          },
          Math.min(ms, longestTimerMs),
        );
  const follow = others.map((other) => (): void => end.abort(other.reason));
  others.forEach((other, index) => {
    if (other.aborted) end.abort(other.reason);
    else other.addEventListener('abort', follow[index] as () => void, { once: true });
  });
  return {
    signal: end.signal,
    passed: () => passed,
    abort: (reason) => end.abort(reason),
    stop: () => {
      clearTimeout(timer);
      others.forEach((other, index) =>
        other.removeEventListener('abort', follow[index] as () => void),
      );
    },
  };
}
