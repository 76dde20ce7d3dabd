import { readConsoleLine } from '../../crash/console-line.ts';

/**
 * What a guest's console says of its end. Anybody in the guest can print such a line: it is a
 * reason to look at the processors, never a proof.
 */
export interface ConsoleSign {
  readonly kind: 'panic' | 'lock-up';
  /** The kernel's words. */
  readonly words: string;
}

/** kernel/panic.c prints this and loops for ever, unless it was told to reboot. */
const lastWords = '---[ end Kernel panic - not syncing';

/** What kernel/watchdog.c, kernel/rcu, kernel/hung_task.c and the workqueues say of a processor that does not come back; an endless line is read once. */
const lockUpWords =
  /\bsoft lockup - CPU#\d+|\bhard LOCKUP\b|\brcu\w*:? .{0,80}\bdetected (?:expedited )?stalls?\b|\brcu_\w+ (?:self-)?detected stall|\bblocked for more than \d+ seconds|\bworkqueue lockup\b/i;

/** Whether a line of the kernel tells of a processor, or a task, that does not come back. */
export function isLockUpReport(message: string): boolean {
  return lockUpWords.test(message);
}

/** A new boot makes all before it history. */
const bootWords = /^(?:GRUB |Linux version |Loading Linux )/;

/**
 * The latest sign in a console's text since its last boot: a panic's last words count before the
 * lock-up that led to it. Pure.
 */
export function readConsoleSigns(text: string): ConsoleSign | undefined {
  const lines = text.split('\n').map((line) => readConsoleLine(line).message);
  const since = lines.slice(lines.findLastIndex((line) => bootWords.test(line)) + 1);
  const panic = since.findLast((line) => line.startsWith(lastWords));
  if (panic !== undefined) {
    return { kind: 'panic', words: panic.replaceAll(/^---\[ end | \]---\s*$/g, '').trim() };
  }
  // The first of them: the others are its consequences.
  const lockUp = since.find((line) => lockUpWords.test(line));
  return lockUp === undefined ? undefined : { kind: 'lock-up', words: lockUp.trim() };
}
