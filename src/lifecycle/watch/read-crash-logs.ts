import type { Readable } from 'node:stream';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { collectCrashes, type RepeatedCrash } from '../../crash/crash-report.ts';
import { scanCrashes, type LogRemarks } from '../../crash/scanner.ts';
import { UtopiaError } from '../../errors.ts';
import { readSource, whyUnreadable } from '../../system/regular-file.ts';
import { readPlainText } from './plain-text.ts';
import { isReachable } from '../../system/look.ts';

/** A console log that was read to its end. */
export interface ReadLog {
  readonly file: string;
  readonly bytes: number;
  readonly crashes: readonly RepeatedCrash[];
  /** Crashes before those. */
  readonly omitted: number;
  /** What the log told beside crashes. */
  readonly remarks: LogRemarks;
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
  return await readPieces(readSource(file, signal), { file, capacity, signal, startsAgo });
}

/** `file` of a log that came through standard input. */
export const standardInput = '-';

/**
 * Reads a log that the user named: also one that is packed, or in UTF-16, which a machine's own
 * never is. `-` is standard input. Throws as `readLog` does.
 */
export async function readSavedLog(
  { streams, env, signal }: LifecycleContext,
  file: string,
  capacity: number,
): Promise<ReadLog> {
  const given =
    file === standardInput ? readInput(streams.stdin, signal) : readSource(file, signal);
  const source = readPlainText(given, { env, signal });
  return await readPieces(source, { file, capacity, signal, startsAgo: 0 });
}

async function* readInput(stdin: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const piece of stdin) yield Buffer.from(piece as Uint8Array);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function readPieces(
  source: AsyncIterable<Buffer>,
  {
    file,
    capacity,
    signal,
    startsAgo,
  }: { readonly capacity: number; readonly signal: AbortSignal } & Pick<
    ReadLog,
    'file' | 'startsAgo'
  >,
): Promise<ReadLog> {
  const scanner = scanCrashes();
  const list = collectCrashes(capacity);
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      for (const crash of scanner.read(chunk)) list.add(crash);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UtopiaError) throw error;
    throw new UtopiaError('log-missing', `Cannot read the log ${file}: ${whyUnreadable(error)}`, {
      hint: 'utopia oops FILE takes any saved console log, and utopia oops - what comes through a pipe.',
      cause: error,
    });
  }
  signal.throwIfAborted();
  for (const crash of scanner.finish()) list.add(crash);
  return {
    file,
    bytes,
    crashes: list.crashes,
    omitted: list.omitted,
    remarks: scanner.remarks(),
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
    if (!(await isReachable(file))) {
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
