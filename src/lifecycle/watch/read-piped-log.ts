import { fstatSync } from 'node:fs';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { readSavedLog, standardInput, type ReadLog } from './read-crash-logs.ts';

/** Before a pipe that gives nothing is spoken of, in ms: dmesg takes a tenth of that. */
const quietPipeMs = 1000;

/**
 * What comes through a pipe when no log is named, as in `dmesg | utopia oops`, with its latest
 * `capacity` crashes; undefined where there is no pipe, or nothing comes of it: then the machine's
 * own log is meant. Throws as `readSavedLog` does.
 */
export async function readPipedLog(
  context: LifecycleContext,
  capacity: number,
): Promise<ReadLog | undefined> {
  if (!isPipe(context.streams.stdin)) return undefined;
  const notice = setTimeout(() => {
    context.reporter.line(
      'Reading the log from standard input. utopia oops </dev/null reads the machine’s own.',
    );
  }, quietPipeMs);
  try {
    const log = await readSavedLog(context, standardInput, capacity);
    return log.bytes === 0 ? undefined : log;
  } finally {
    clearTimeout(notice);
  }
}

/** A pipe of a shell's: what a program that started us holds open is none. */
function isPipe(stdin: LifecycleContext['streams']['stdin']): boolean {
  try {
    return (stdin as { readonly fd?: number }).fd === 0 && fstatSync(0).isFIFO();
  } catch {
    return false;
  }
}
