import { scanCrashes } from '../../crash/scanner.ts';
import { readTail } from '../../guest/file-tail.ts';

/** A guest may have printed gigabytes, and somebody waits: what it says of the matter is repeated. */
const mostBytes = 1024 * 1024;

/**
 * Whether the guest's kernel has ended processes for want of memory since its boot, which keeps it
 * from letting anybody in: as a sentence, with the last of them. Undefined where the end of its
 * console tells of none, or cannot be read.
 */
export async function findLackOfMemory(consoleLog: string): Promise<string | undefined> {
  const tail = await readTail(consoleLog, mostBytes);
  if (tail === undefined) return undefined;
  const scanner = scanCrashes();
  const crashes = [...scanner.read(tail.bytes), ...scanner.finish()];
  const last = crashes.findLast(({ boot, kind }) => boot === scanner.boot && kind === 'oom-kill');
  if (last === undefined) return undefined;
  return `it has too little memory, and its kernel has ended ${last.task ?? 'processes'} for that.`;
}
