import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { collectCrashes, type RepeatedCrash } from '../../crash/report.ts';
import { scanCrashes } from '../../crash/scanner.ts';
import { UtopiaError } from '../../errors.ts';

/** A console log that was read to its end. */
export interface ReadLog {
  readonly file: string;
  readonly bytes: number;
  readonly crashes: readonly RepeatedCrash[];
  /** Crashes before those. */
  readonly omitted: number;
  /** How many starts of the machine ago it was written; 0 for the latest, and for a saved log. */
  readonly startsAgo: number;
}

/** A log is read in pieces of this size: larger ones gain nothing. */
const pieceBytes = 256 * 1024;
/** More logs than are ever kept. */
const mostLogs = 100;

/** Reads a log, keeping its latest `capacity` crashes. Throws `log-missing`. */
export async function readLog(file: string, capacity: number, startsAgo = 0): Promise<ReadLog> {
  const scanner = scanCrashes();
  const list = collectCrashes(capacity);
  let bytes = 0;
  try {
    for await (const piece of createReadStream(file, { highWaterMark: pieceBytes })) {
      const chunk = piece as Buffer;
      bytes += chunk.length;
      for (const crash of scanner.read(chunk)) list.add(crash);
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new UtopiaError(
      'log-missing',
      `Cannot read the log ${file}: ${reasons[code] ?? message}`,
      {
        hint: 'utopia oops --log FILE takes any saved console log; a pipe is /dev/stdin.',
        cause: error,
      },
    );
  }
  for (const crash of scanner.finish()) list.add(crash);
  return { file, bytes, crashes: list.crashes, omitted: list.omitted, startsAgo };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file.',
  EACCES: 'it may not be read.',
  EISDIR: 'it is a folder.',
};

/**
 * Reads a machine's own logs: the latest, and where nothing has crashed in it, the
 * ones before it, until one tells of a crash. Throws `log-missing` for a machine
 * that was never started.
 */
export async function readMachineLogs(consoleLog: string, capacity: number): Promise<ReadLog> {
  let latest: ReadLog | undefined;
  for (let startsAgo = 0; startsAgo < mostLogs; startsAgo += 1) {
    const file = startsAgo === 0 ? consoleLog : consoleLog.replace(/\.log$/, `.${startsAgo}.log`);
    if (!(await isThere(file))) {
      // The start that is just under way has no log yet.
      if (startsAgo === 0) continue;
      break;
    }
    const log = await readLog(file, capacity, startsAgo);
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
