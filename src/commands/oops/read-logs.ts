import { stat } from 'node:fs/promises';
import { collectCrashes, type RepeatedCrash } from '../../crash/report.ts';
import { scanCrashes } from '../../crash/scanner.ts';
import { UtopiaError } from '../../errors.ts';
import { readSource, whyUnreadable } from '../../regular-file.ts';

/** A console log that was read to its end. */
export interface ReadLog {
  readonly file: string;
  readonly bytes: number;
  readonly crashes: readonly RepeatedCrash[];
  /** Crashes before those. */
  readonly omitted: number;
  /** How many starts of the machine ago it was written; 0 for the latest, and for a saved log. */
  readonly startsAgo: number;
  /** The last boot in it, as in `Crash`. */
  readonly boot: number;
}

/** More logs than are ever kept. */
const mostLogs = 100;

/**
 * Reads a log, keeping its latest `capacity` crashes. Throws `log-missing`, also for what is
 * neither a file nor a pipe, and the signal's reason when it is aborted.
 */
export async function readLog(
  file: string,
  capacity: number,
  signal: AbortSignal,
  startsAgo = 0,
): Promise<ReadLog> {
  const scanner = scanCrashes();
  const list = collectCrashes(capacity);
  let bytes = 0;
  try {
    for await (const chunk of readSource(file, signal)) {
      bytes += chunk.length;
      for (const crash of scanner.read(chunk)) list.add(crash);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new UtopiaError('log-missing', `Cannot read the log ${file}: ${whyUnreadable(error)}`, {
      hint: 'utopia oops --log FILE takes any saved console log; a pipe is /dev/stdin.',
      cause: error,
    });
  }
  for (const crash of scanner.finish()) list.add(crash);
  return {
    file,
    bytes,
    crashes: list.crashes,
    omitted: list.omitted,
    startsAgo,
    boot: scanner.boot,
  };
}

/**
 * Reads a machine's own logs: the latest, and where nothing has crashed in it, the
 * ones before it, until one tells of a crash. Throws `log-missing` for a machine
 * that was never started.
 */
export async function readMachineLogs(
  consoleLog: string,
  capacity: number,
  signal: AbortSignal,
): Promise<ReadLog> {
  let latest: ReadLog | undefined;
  for (let startsAgo = 0; startsAgo < mostLogs; startsAgo += 1) {
    const file = startsAgo === 0 ? consoleLog : consoleLog.replace(/\.log$/, `.${startsAgo}.log`);
    if (!(await isThere(file))) {
      // The start that is just under way has no log yet.
      if (startsAgo === 0) continue;
      break;
    }
    const log = await readLog(file, capacity, signal, startsAgo);
    if (log.crashes.length > 0) return log;
    latest ??= log;
  }
  if (latest !== undefined) return latest;
  throw new UtopiaError('log-missing', 'This machine has no console log: it was never started.', {
    hint: 'utopia up',
  });
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
