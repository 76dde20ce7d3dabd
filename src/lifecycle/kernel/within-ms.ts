import { openDeadline } from '../../system/deadline.ts';

/** Does something that Ctrl-C, which has come already, does not end. */
export async function withinMs(
  ms: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const deadline = openDeadline(ms);
  try {
    await work(deadline.signal);
  } finally {
    deadline.stop();
  }
}
