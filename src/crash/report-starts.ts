import { start, type CrashStart } from './report-start-rule.ts';
import { checkStarts } from './report-starts-checks.ts';
import { faultStarts } from './report-starts-faults.ts';
import { lockStarts } from './report-starts-locks.ts';
import { memoryStarts } from './report-starts-memory.ts';
import type { CrashKind } from './crash-event.ts';

/** Every rule, for the texts of Linux 4.x to 6.x. The first that matches a line counts. */
export const crashStarts: readonly CrashStart[] = [
  ...memoryStarts,
  ...lockStarts,
  ...faultStarts,
  ...checkStarts,

  // The first process, and the end.
  start(
    'init-fault',
    [
      ...['[1]: segfault at ', '[1] general protection', '[1] trap i', '[1] trap d'],
      ...['[1]: segfault (', '[1]: bus error (', '[1]: unhandled '],
    ],
    // x86; POWER; RISC-V and POWER; arm64, whose words for a fault are many, with the signal or ESR.
    /^(?:traps: )?\S+\[1\](?:: segfault at | general protection fault| trap |: (?:segfault|bus error) \(\d+\) at |: unhandled (?:signal \d+ (?:code 0x[\da-f]+ )?at 0x|[\w ()-]{1,60} \(\d+\) at 0x|exception: [^,]{1,60}, ESR 0x))/,
    'init-killed',
    40,
  ),
  start('init-caught', 'systemd[1]: Caught <', /^systemd\[1\]: Caught <\w+>/, 'init-killed', 40),
  start('panic', 'Kernel panic - not syncing', /^Kernel panic - not syncing:(?: |$)/, 'panic', 5),
  start('bug', 'BUG: ', /^BUG: \S/, 'bug', 20, { needsBody: true }),
];

/** Panics by their reason, for those that no report stands before. */
const panicKinds: readonly (readonly [RegExp, CrashKind])[] = [
  [/Unable to mount root fs|Unable to find a root|no filesystem could mount root/i, 'no-root'],
  [/No (?:working )?init found|Requested init .* failed/i, 'no-init'],
  [/Attempted to kill init/, 'init-killed'],
  [/stack-protector|corrupted stack end|kernel stack overflow/i, 'stack-overflow'],
  [/machine check/i, 'machine-check'],
  [/ut of memory|deadlocked on memory/i, 'oom-kill'],
  [/softlockup/i, 'soft-lockup'],
  [/Hard LOCKUP/i, 'hard-lockup'],
  [/hung_task/i, 'hung-task'],
  [/RCU Stall/i, 'rcu-stall'],
];

/** What a panic is when nothing but its reason is known. */
export function panicKind(reason: string): CrashKind {
  return panicKinds.find(([pattern]) => pattern.test(reason))?.[1] ?? 'panic';
}

/** Panics that only end what a report before them has told. */
export const consequentPanic =
  /^(?:Fatal (?:exception|hardware|machine)|Oops|Attempted to kill (?:init|the idle task)|Aiee, killing|.*panic_on_\w+|softlockup|hung_task|Hard LOCKUP|RCU Stall|Out of memory|System is deadlocked|corrupted stack end|kernel stack overflow|Asynchronous SError|Machine halted)/i;

/** The reason of a panic, from its line; undefined for every other line. */
export function panicReason(message: string): string | undefined {
  const match = /^Kernel panic - not syncing:(?: (.*)|$)/.exec(message);
  return match === null ? undefined : (match[1] ?? '').trim();
}

/** A panic's first line, from its last: for logs that begin between the two. */
export function panicFromEnd(message: string): string | undefined {
  const end = /^---\[ end (Kernel panic - not syncing: .*?)(?: \]---)?$/.exec(message);
  return end?.[1];
}

/** Where a new boot begins in a log that goes on: the kernel's banner, or grub's word before it. */
export const bootMark = /^(?:Linux version \d|Loading Linux \d)/;
export const bootPatterns: readonly string[] = ['Linux version ', 'Loading Linux '];
