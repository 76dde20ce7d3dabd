import type { ConsoleLine } from './console-line.ts';
import { addLine, belongsToReport, endRecord, isEvidence, type CrashRecord } from './record.ts';

/** Lines of somebody else's after which a report is over. */
const mostStrangers = 25;
/** Lines that are still looked at behind a report's end: registers once more, "exited with …". */
export const linesAfterEnd = 40;
/** A panic further behind a report than this has another cause. */
export const consequenceBytes = 64 * 1024;

/** Adds a line that starts nothing to the report of its speaker, and ends the report where that is over. */
export function append(
  record: CrashRecord,
  line: ConsoleLine,
  startByte: number,
  endByte: number,
): void {
  const belongs = belongsToReport(line);
  const hadEnded = record.phase === 'ended';
  if (hadEnded) {
    record.afterEnd += 1;
    const late = startByte - record.endByte > consequenceBytes;
    if (!belongs || late || record.afterEnd > linesAfterEnd) return;
  }
  addLine(record, line, belongs, endByte);
  if (!hadEnded && isEvidence(line)) {
    record.phase = 'body';
    record.hasBody = true;
  }
  if (line.message.startsWith('---[ end ')) endRecord(record);
  else if (record.strangers >= mostStrangers) {
    endRecord(record);
    record.afterEnd = linesAfterEnd;
  }
}
