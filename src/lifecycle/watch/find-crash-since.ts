import { stat } from 'node:fs/promises';
import { crashSeverity } from '../../crash/headline.ts';
import { scanCrashes } from '../../crash/scanner.ts';
import type { Crash } from '../../crash/crash-event.ts';
import { readTail } from '../../guest/file-tail.ts';

/** What is read of what a guest has printed while a command ran: its crash was the last thing or the first of many. */
const mostBytes = 1024 * 1024;

/** The first crash behind this byte of the log; warnings, after which the kernel goes on, are none. */
export async function findCrashSince(
  consoleLog: string,
  fromByte: number,
): Promise<Crash | undefined> {
  const length = Math.min(mostBytes, (await logBytes(consoleLog)) - fromByte);
  if (length <= 0) return undefined;
  const tail = await readTail(consoleLog, length);
  if (tail === undefined) return undefined;
  const scanner = scanCrashes();
  const crashes = [...scanner.read(tail.bytes), ...scanner.finish()];
  return crashes.find((crash) => crashSeverity(crash) !== 'survived');
}

/** How much of a log there is, in bytes; 0 for one that cannot be read. */
export async function logBytes(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
