import { readLog } from './read-crash-logs.ts';

/** Of a boot that ends processes again and again, the last ones are looked at. */
const mostLooked = 20;

/**
 * Whether the guest's kernel has ended processes for want of memory since its boot, which keeps it
 * from letting anybody in: as a sentence, with the last of them. Undefined where its console tells
 * of none, or cannot be read.
 */
export async function findLackOfMemory(
  consoleLog: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const log = await readLog(consoleLog, mostLooked, signal).catch(() => undefined);
  const last = log?.crashes.findLast(({ boot, kind }) => boot === log.boot && kind === 'oom-kill');
  if (last === undefined) return undefined;
  return `it has too little memory, and its kernel has ended ${last.task ?? 'processes'} for that.`;
}
