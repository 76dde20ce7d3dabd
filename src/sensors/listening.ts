import { openDeadline, type Deadline } from '../system/deadline.ts';

/** How somebody listens to a feed. */
export interface ListenOptions {
  /** --from: another feed than the config's. */
  readonly from: string | undefined;
  readonly seconds: number | undefined;
}

/** Aborts with `signal`, which here is the usual end and no interruption, or after the given time. */
export function listeningEnd(
  signal: AbortSignal,
  { seconds }: Pick<ListenOptions, 'seconds'>,
): Deadline {
  return openDeadline(seconds === undefined ? undefined : seconds * 1000, signal);
}
