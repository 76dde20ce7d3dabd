import type { ConsoleLine } from './console-line.ts';
import { readFrame } from './frames.ts';
import { belongsToReport, isEvidence } from './record.ts';
import { bootMark } from './report-starts.ts';

/** A line that has been passed by, and where it ends in the log. */
export interface EarlierLine {
  readonly line: ConsoleLine;
  readonly endByte: number;
}

/** Lines before a panic that are looked at for the trace that it ends: registers, code, a long trace. */
const mostEarlier = 80;
/** Lines of somebody else's in a row at which that trace is over. */
const mostEarlierStrangers = 3;
/**
 * The end of a report whose first line is missing, where a log begins within it: what stands before
 * its panic, up to the first lines that are nothing of it. In the log's order.
 */
export function headless(before: Iterable<EarlierLine>, fromByte: number): readonly EarlierLine[] {
  const found: EarlierLine[] = [];
  let strangers: EarlierLine[] = [];
  let count = 0;
  for (const each of before) {
    count += 1;
    const over = strangers.length > mostEarlierStrangers || count > mostEarlier;
    if (over || each.endByte <= fromByte || bootMark.test(each.line.message)) break;
    if (belongsToReport(each.line)) {
      found.push(...strangers, each);
      strangers = [];
    } else strangers.push(each);
  }
  const traced = found.some(
    ({ line }) => readFrame(line.message) !== undefined || isEvidence(line),
  );
  return traced ? found.toReversed() : [];
}
