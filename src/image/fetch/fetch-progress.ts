import type { ProgressDisplay, ProgressEvent } from '../../progress-events.ts';
import { formatBytes, formatDuration } from '../../text/format.ts';
import { openRateMeter, type RateMeter } from './rate.ts';
import type { FetchEvent } from './fetch-events.ts';

/** Shows one download on a display: give it the events as they come. */
export function showFetch(display: Pick<ProgressDisplay, 'report'>): (event: FetchEvent) => void {
  const meter = openRateMeter();
  return (event) => display.report(describeFetchEvent(event, meter));
}

/** An event of a download as a display draws it: how much, how fast, how long yet. */
function describeFetchEvent(event: FetchEvent, meter: RateMeter): ProgressEvent {
  const title = 'download';
  if (event.kind === 'waiting') {
    const pause = formatDuration(event.ms);
    return { kind: 'note', text: `${event.reason}; trying again in ${pause}` };
  }
  const bytes = event.kind === 'opened' ? event.offset : event.bytes;
  meter.note(bytes, performance.now());
  const { totalBytes } = event;
  const rate = meter.bytesPerSecond();
  // With a total, the bar's per cent says how much is there; 35 columns are left beside it.
  const parts = [
    totalBytes === undefined ? formatBytes(bytes) : `of ${formatBytes(totalBytes)}`,
    rate === undefined ? undefined : `${formatBytes(rate)}/s`,
    rate === undefined || rate === 0 || totalBytes === undefined
      ? undefined
      : `${formatDuration(((totalBytes - bytes) / rate) * 1000)} left`,
  ];
  const detail = parts.filter((part) => part !== undefined).join('  ');
  return totalBytes === undefined || totalBytes === 0
    ? { kind: 'moved', title, detail }
    : { kind: 'moved', title, detail, fraction: bytes / totalBytes };
}
