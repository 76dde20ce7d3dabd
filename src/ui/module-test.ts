import { formatDuration } from '../text/format.ts';
import { foldLine, wrapText } from './lines.ts';

/** What is shown of a module's test. */
export interface ShownTest {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly hints: readonly string[];
  readonly testMs: number | null;
  readonly output: string;
  readonly dmesg: string;
}

/** Of the test's output, and of the kernel's log. */
const shownLines = 20;

/** The verdict with its reasons first, then what the test and the kernel said. `mark` stands before it. */
export function describeTest(test: ShownTest, columns: number, mark: string): string[] {
  const { verdict, reasons, hints, testMs, output, dmesg } = test;
  const time = testMs === null ? '' : `, in ${formatDuration(testMs)}`;
  return [
    `${mark} ${verdict}${time}`,
    ...[...reasons, ...hints].flatMap((each) =>
      wrapText(each, columns - 2).map((line) => `  ${line}`),
    ),
    ...quote('the test', output, columns),
    // A crash has a card of its own.
    ...(verdict === 'crashed' ? [] : quote('the kernel', shorten(dmesg), columns)),
  ];
}

/** What the kernel says of every module that is not its own, and of every slow machine. */
const usual =
  /: (?:loading out-of-tree module taints|module verification failed)|hrtimer: interrupt took/;

/** What stands below the first line of a report of the kernel's: registers, frames, what is loaded. */
const belowReport =
  /^(?:\[[^\]]{1,20}\] ?)?\s*(?:\? )?(?:[\w.]+\+0x[\da-f]+\/0x|<\/?[A-Z]{3,8}>|Call Trace:|R[A-Z\d]{2}: |Code: |CPU: \d+ |Hardware name: |Tainted: |Modules linked in: |[CF]S: |[CD]R\d: )/;

/** The log without what says nothing, and of a report, which is told by itself, its beginning alone. */
function shorten(dmesg: string): string {
  const kept: string[] = [];
  let inReport = false;
  for (const line of dmesg.split('\n')) {
    if (line.includes('---[ end trace')) inReport = false;
    else if (line.includes('------------[ cut here ]')) inReport = true;
    else if (!inReport && belowReport.test(line)) markLast(kept);
    else if (!inReport && !usual.test(line)) kept.push(line);
    else if (inReport && /\b(?:WARNING|BUG): /.test(line)) kept.push(`${line} …`);
  }
  return kept.join('\n');
}

/** More stands below that line. */
function markLast(kept: string[]): void {
  const last = kept.at(-1);
  if (last !== undefined && !last.endsWith(' …')) kept[kept.length - 1] = `${last} …`;
}

function quote(who: string, text: string, columns: number): string[] {
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '');
  if (lines.length === 0) return [];
  const left = lines.length - shownLines;
  return [
    left > 0 ? `  ${who} says, the last ${shownLines} lines of ${lines.length}:` : `  ${who} says:`,
    ...lines
      .slice(-shownLines)
      .flatMap((line) => foldLine(line, columns - 4).map((part) => `  | ${part}`)),
  ];
}
