import { createReadStream } from 'node:fs';
import type { BootLog } from '../machine/boots.ts';
import { createConsoleReader } from './console-text.ts';
import { createPlacer, startsOfRuns } from './log-times.ts';

/** A line as it would be read, with when it was written at the latest, in ms since 1970. */
export interface TimedLine {
  readonly atMs: number;
  readonly text: string;
}

/** What a log holds. */
export interface TimedLog {
  readonly lines: readonly TimedLine[];
  /** Bytes of the lines that have ended. */
  readonly wholeBytes: number;
}

/**
 * Reads the log of one boot. `partial` counts a last line that has not ended; whoever follows the
 * log gets it later. Throws what the file system says of a log that cannot be read.
 */
export async function readTimedLines(
  log: BootLog,
  { partial: withPartial }: { readonly partial: boolean },
): Promise<TimedLog> {
  const { texts, partial, wholeBytes } = await readTexts(log);
  if (partial !== '' && withPartial) texts.push(partial);
  const places = texts.map(createPlacer());
  const lastStamps: number[] = [];
  for (const { run, stampMs } of places) lastStamps[run] = stampMs;
  const begunAtMs = log.begunAt.getTime();
  const starts = startsOfRuns(lastStamps, { begunAtMs, writtenAtMs: log.writtenAt.getTime() });
  const lines = places.map(({ run, stampMs }, at) => ({
    atMs: Math.round((starts[run] ?? begunAtMs) + stampMs),
    text: texts[at] ?? '',
  }));
  return { lines, wholeBytes };
}

interface LogTexts {
  readonly texts: string[];
  /** The last line where it has not ended, and the bytes before it. */
  readonly partial: string;
  readonly wholeBytes: number;
}

async function readTexts({ file }: BootLog): Promise<LogTexts> {
  const read = createConsoleReader();
  const texts: string[] = [];
  let partial = '';
  let bytes = 0;
  let wholeBytes = 0;
  for await (const data of createReadStream(file)) {
    const chunk = data as Buffer;
    const text = read(chunk);
    for (const line of text.lines) texts.push(line);
    partial = text.partial;
    const lastNewline = chunk.lastIndexOf(0x0a);
    if (lastNewline >= 0) wholeBytes = bytes + lastNewline + 1;
    bytes += chunk.length;
  }
  return { texts, partial, wholeBytes };
}
