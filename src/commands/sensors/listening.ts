import type { Context } from '../../context.ts';
import { openDeadline, type Deadline } from '../../system/deadline.ts';

export interface ListenOptions {
  /** --from: another feed than the config's. */
  readonly from: string | undefined;
  readonly seconds: number | undefined;
}

/** Aborts with Ctrl-C, which here is the usual end and no interruption, or after the given time. */
export function listeningEnd(context: Context, { seconds }: ListenOptions): Deadline {
  return openDeadline(seconds === undefined ? undefined : seconds * 1000, context.signal);
}
