import { readConsoleLine } from '../../crash/console-line.ts';
import { belongsToReport } from '../../crash/record.ts';
import { isLockUpReport } from './console-signs.ts';

/** What such reports say besides what all reports do: kernel/hung_task.c, kernel/workqueue.c, a dump of tasks before Linux 5.11. */
const restOfReport =
  /^\s*(?:Not tainted \d|Showing (?:busy workqueues|backtraces of running workers)|workqueue \w+: flags=|pwq \d+: |(?:pending|in-flight|delayed|inactive): |pool \d+: |Task dump for CPU \d)/;

/** Of a line that has no end yet; no report's first line is longer. */
const keptCharacters = 1_024;

/**
 * Judges whether the next bytes of a console show that its guest gets on. The kernel's reports of
 * a processor that hangs do not: they come again every 20 to 30 s for as long as it hangs
 * (kernel/watchdog.c, kernel/rcu), so that a boot which waits for a silent console would wait for
 * ever. Pure.
 */
export function watchConsoleLife(): (chunk: Uint8Array) => boolean {
  let rest = '';
  let reporting = false;
  return (chunk) => {
    const text =
      rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
    const lines = text.split('\n');
    rest = (lines.pop() ?? '').slice(-keptCharacters);
    let alive = false;
    for (const line of lines) {
      const read = readConsoleLine(line.replace(/\r$/, ''));
      if (isLockUpReport(read.message)) reporting = true;
      else if (!(
        reporting &&
        (read.message.trim() === '' || belongsToReport(read) || restOfReport.test(read.message))
      )) {
        reporting = false;
        alive = true;
      }
    }
    // What has no end yet (dots that come one by one) counts, but behind a report nobody knows.
    return alive || (!reporting && rest !== '' && !isLockUpReport(rest));
  };
}
