import { writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';

/**
 * Gives the session of `pid` a niceness, by default this process's own. Where the
 * kernel shares the processors out by sessions (autogroups, sched(7)), the niceness of
 * a process counts only against others of its session, and a process in a new session
 * would be nobody's lesser. Elsewhere, and where it may not be done, nothing happens.
 */
export async function niceSession(pid: number, niceness = getPriority()): Promise<void> {
  if (niceness <= 0) return;
  await writeFile(`/proc/${pid}/autogroup`, String(niceness)).catch(() => {});
}
