/** A moment after which something is given up. */
export interface Deadline {
  /** Aborted then, or with one of the others; the reason is the first one's. */
  readonly signal: AbortSignal;
  /** It was time that ended it. */
  readonly passed: () => boolean;
  /** Nobody waits any more. */
  readonly stop: () => void;
}

/**
 * A signal that is aborted after `ms`, or with one of `others`. With a timer of its own: one of
 * `AbortSignal.any` that only an `AbortSignal.timeout` could abort may be collected before.
 */
export function openDeadline(ms: number, ...others: readonly AbortSignal[]): Deadline {
  const end = new AbortController();
  let passed = false;
  const timer = setTimeout(() => {
    passed = true;
    end.abort(new DOMException(`No end within ${ms / 1000} s.`, 'TimeoutError'));
  }, ms);
  const follow = others.map((other) => (): void => end.abort(other.reason));
  others.forEach((other, index) => {
    if (other.aborted) end.abort(other.reason);
    else other.addEventListener('abort', follow[index] as () => void, { once: true });
  });
  return {
    signal: end.signal,
    passed: () => passed,
    stop: () => {
      clearTimeout(timer);
      others.forEach((other, index) =>
        other.removeEventListener('abort', follow[index] as () => void),
      );
    },
  };
}
