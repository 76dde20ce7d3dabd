import type { ProgressEvent } from '../../progress-events.ts';
import type { ReleasedGuest } from './released-shares.ts';

/** A guest that stood still was woken; `trouble` is what went wrong, as a sentence. */
export function wokenLine(
  { mounts }: ReleasedGuest,
  trouble: string | undefined,
  elapsedMs: number,
): ProgressEvent {
  if (trouble !== undefined) return { kind: 'warned', title: 'guest', detail: trouble };
  const detail = mounts.length > 0 ? 'clock set, share mounted again' : 'clock set';
  return { kind: 'finished', title: 'guest', detail, elapsedMs };
}
