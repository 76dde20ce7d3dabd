import type { CrashRecord } from './record.ts';
import type { CrashStart } from './report-start-rule.ts';
import { consequentPanic, panicReason } from './report-starts.ts';

/** A check complains, then stops or warns by the common means. */
const afterCheck = [
  ...['cut-here', 'bug-at', 'warning', 'warning-place', 'opcode', 'internal', 'die'],
];
/** The processor names its fault; what page it was stands before that. */
const afterFault = ['fault-code', 'oops', 'internal', 'die'];

/** Titles of faults, which registers follow. */
const faultTitles: ReadonlySet<string> = new Set(['null', 'page-fault']);

/** Which lines go on with a report before its registers and trace have come. */
const continued: Readonly<Record<string, readonly string[]>> = {
  'nx-page': ['null', 'page-fault', ...afterFault],
  list: afterCheck,
  refcount: afterCheck,
  usercopy: afterCheck,
  fortify: afterCheck,
  odebug: afterCheck,
  'copy-overflow': afterCheck,
  // Since 6.14 SLUB's reports end in a warning.
  slub: afterCheck,
  'slub-free': afterCheck,
  'slub-poison': afterCheck,
  'slub-redzone': afterCheck,
  'slub-left': afterCheck,
  'cache-left': afterCheck,
  'busy-inodes': afterCheck,
  dentry: afterCheck,
  cfi: afterCheck,
  rust: afterCheck,
  ubsan: afterCheck,
  'ubsan-bounds': afterCheck,
  'ubsan-trap': afterCheck,
  'ubsan-trap-bounds': afterCheck,
  'hard-lockup-seen': ['hard-lockup'],
  serror: ['internal', 'die'],
  'leak-title': ['unreferenced'],
  null: afterFault,
  'fault-code': afterFault,
  'page-fault': afterFault,
  // Some kernels print where it is before what it is.
  warning: ['fortify', 'refcount', 'list', 'odebug', 'usercopy', 'copy-overflow', 'sysfs'],
  'warning-place': ['sysfs'],
  'bug-at': ['opcode', 'internal', 'die'],
  'stack-guard': ['stack-guard-die', 'double-fault'],
  'stack-x86': ['double-fault', 'internal'],
  oom: ['oom-killed'],
};

/** What the sanitizer says first, and the processor after the whole of that. */
const foreseen = ['kasan-null', 'kasan-wild', 'ubsan-divide'];
const faults = [
  'fault-code',
  'null',
  'page-fault',
  'protection',
  'divide',
  'oops',
  'internal',
  'opcode',
  'die',
];

/**
 * Whether a line that starts a report says more about one that has begun: an
 * `Oops:` behind its `BUG:`, a panic behind an oops. One crash is one event.
 */
export function saysMoreAbout(record: CrashRecord, start: CrashStart, message: string): boolean {
  const ids = record.starts.map((each) => each.start.id);
  if (panicReason(message) !== undefined) return onlyAnnounced(record);
  if (record.phase === 'header' && record.lines.at(-1)?.message.endsWith('[inline]') === true) {
    return ids.includes(start.id);
  }
  // Two processors fault at once: the second line is no report of its own.
  const bare = record.lines.length === record.starts.length;
  if (bare && faultTitles.has(start.id) && ids.includes(start.id)) return true;
  if (ids.includes(start.id)) return isAftermath(record, start, message);
  if (ids.some((id) => foreseen.includes(id)) && faults.includes(start.id)) return true;
  if (start.id === 'oom-killed') return ids.includes('oom');
  if (record.phase !== 'header') return isAftermath(record, start, message);
  return ids.some((id) => id === 'cut-here' || continued[id]?.includes(start.id) === true);
}

/** Whether a panic is the end of this report and not a report of its own. */
export function endsIn(record: CrashRecord, reason: string): boolean {
  if (record.panic !== undefined || onlyAnnounced(record)) return false;
  if (!consequentPanic.test(reason)) return false;
  if (!/kill init/.test(reason)) return true;
  // Only the first process takes the kernel along.
  return record.lines.some(({ message }) => /\bPID: 1 |\[1\]/.test(message));
}

/** Only a line like `cut here` has come: what it is about is still to be told. */
export function onlyAnnounced(record: CrashRecord): boolean {
  return record.starts.every(({ start }) => start.kind === undefined);
}

/**
 * What the kernel says when the task that crashed goes on or dies: do_exit() and
 * the scheduler complain about locks that it still held, a module's start about
 * its preemption count, and a sleeper is told off at each sleep.
 */
export function isAftermath(record: CrashRecord, start: CrashStart, message: string): boolean {
  const died = record.lines.some((line) => /\[#\d+\]/.test(line.message));
  const slept = record.starts.some((each) => each.start.id === 'atomic');
  if (!died && !slept) return false;
  const pid =
    /^WARNING: CPU: \d+ PID: (\d+) at (?:kernel\/exit|init\/main)\.c:/.exec(message)?.[1] ??
    /^BUG: scheduling while atomic: .*\/(\d+)\//.exec(message)?.[1];
  if (pid === undefined) return false;
  return record.lines.some((line) => line.message.includes(`PID: ${pid} `));
}
