import type { Context } from '../../context.ts';

export interface ListenOptions {
  /** --from: another feed than the config's. */
  readonly from: string | undefined;
  readonly seconds: number | undefined;
}

/** Aborts with Ctrl-C, which here is the usual end and no interruption, or after the given time. */
export function listeningSignal(context: Context, { seconds }: ListenOptions): AbortSignal {
  if (seconds === undefined) return context.signal;
  return AbortSignal.any([context.signal, AbortSignal.timeout(seconds * 1000)]);
}
