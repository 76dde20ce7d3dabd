import { readConsoleLine, type ConsoleLine } from './console-line.ts';
import { readCrash } from './read-crash.ts';
import { splitJoined } from './joined-lines.ts';
import { searchPatterns } from './multi-pattern-search.ts';
import type { EarlierLine } from './headless.ts';
import { trackRecords } from './records.ts';
import { bootPatterns, crashStarts } from './report-starts.ts';
import type { Crash } from './crash-event.ts';

/** Reads a console's bytes and finds the crashes in them, in memory that does not grow with the log. */
export interface CrashScanner {
  /** The next bytes, cut anywhere. Gives the crashes that nothing more will be said about. */
  read(chunk: Uint8Array): Crash[];
  /** What is known of the crashes that may still go on; `over` when the report itself has ended. */
  pending(): { readonly crash: Crash; readonly over: boolean }[];
  /** Number of the boot that the log has come to, as in `Crash`. */
  readonly boot: number;
  /** The log's end: gives what was pending. */
  finish(): Crash[];
  /** What else the lines told, for a log in which no crash was found. */
  remarks(): LogRemarks;
}

/** What a log tells beside crashes. */
export interface LogRemarks {
  /** A line of a report whose head is not understood, shortened: crashes may stand in this log unread. */
  readonly unread?: string | undefined;
  /** A module that rmmod could not remove, since it is in use. */
  readonly busyModule?: string | undefined;
}

/** Lines that only a report has, which tell that a log is a kernel's. */
const reportWords = /Call [Tt]race:|---\[ end trace|-{4}\[ cut here \]-/;
const reportStart = /^\s*(?:Call [Tt]race:|---\[ end trace|-{4,}\[ cut here \]-)/;
const busyModule = /rmmod: ERROR: Module (\w{1,56}) is in use/;
/** Longest line that is shown, in characters. */
const longestRemark = 160;

/**
 * Longest line that is read, in bytes; of a longer one the end is, where the kernel's words would
 * be: printk's lines have 1 KiB (LOG_LINE_MAX), since 6.4 at most 2 KiB (PRINTK_MESSAGE_MAX).
 */
const longestLine = 2048;
/** The same for JSON, where the message stands anywhere among a journal's other fields. */
const longestRecord = 16 * 1024;
const newline = 0x0a;
const brace = 0x7b;
/** Bytes that are kept of what has been passed by: a trace with registers. */
const lookBack = 8 * 1024;

/** Where the part begins that is read of the line between two places. */
function readFrom(bytes: Buffer, start: number, end: number): number {
  return Math.max(start, end - (bytes[start] === brace ? longestRecord : longestLine));
}

const search = searchPatterns([
  ...crashStarts.flatMap(({ patterns }) => patterns),
  ...bootPatterns,
  ...['---[ end trace', 'Call Trace:', 'Call trace:', 'rmmod: ERROR: '],
]);

/**
 * Scans one console. Between reports only lines with one of the patterns are read;
 * the same bytes give the same crashes, however they are cut into chunks.
 */
export function scanCrashes(): CrashScanner {
  let found: Crash[] = [];
  const tracker = trackRecords((record) => {
    const crash = readCrash(record);
    if (crash !== undefined) found.push(crash);
  });
  let rest = Buffer.alloc(0);
  /** Byte of the log that `rest` starts at. */
  let restByte = 0;
  /** What stands before `rest`. */
  let past = Buffer.alloc(0);
  let unread: string | undefined;
  let busy: string | undefined;

  function remark({ text, message }: ConsoleLine): void {
    if (unread === undefined && reportWords.test(text) && !reportStart.test(message)) {
      unread = text.slice(0, longestRemark);
    }
    busy = busyModule.exec(text)?.[1] ?? busy;
  }

  function* linesBefore(bytes: Buffer, at: number): Generator<EarlierLine> {
    const all = Buffer.concat([past, bytes.subarray(0, at)]).subarray(-lookBack);
    const shift = restByte + at - all.length;
    let end = all.lastIndexOf(newline);
    while (end > 0) {
      const start = all.lastIndexOf(newline, end - 1) + 1;
      // The first line that is left may have lost its beginning.
      if (start === 0 && shift > 0) return;
      const from = readFrom(all, start, end);
      yield {
        line: readConsoleLine(all.toString('utf8', from, end)),
        endByte: shift + end,
      };
      end = start - 1;
    }
  }

  function takeLine(bytes: Buffer, start: number, end: number, hasPattern: boolean): void {
    const from = readFrom(bytes, start, end);
    const before = () => linesBefore(bytes, start);
    for (const text of splitJoined(bytes.toString('utf8', from, end))) {
      const line = readConsoleLine(text);
      tracker.take(line, restByte + from, restByte + end, hasPattern, before);
      if (hasPattern) remark(line);
    }
  }

  function takeWholeLines(bytes: Buffer): void {
    const { length: end } = bytes;
    const nextPattern = search(bytes);
    let position = 0;
    while (position < end) {
      const hit = nextPattern(position);
      let start = position;
      if (!tracker.wantsLines()) {
        if (hit < 0) return;
        start = bytes.lastIndexOf(newline, hit) + 1;
        tracker.expire(restByte + start);
      }
      const lineEnd = bytes.indexOf(newline, start);
      takeLine(bytes, start, lineEnd, hit >= 0 && hit < lineEnd);
      position = lineEnd + 1;
    }
  }

  function give(): Crash[] {
    const crashes = found;
    found = [];
    return crashes;
  }

  return {
    read: (chunk) => {
      const bytes = Buffer.concat(rest.length === 0 ? [chunk] : [rest, chunk]);
      const end = bytes.lastIndexOf(newline) + 1;
      takeWholeLines(bytes.subarray(0, end));
      const from = readFrom(bytes, end, bytes.length);
      past = Buffer.concat([past, bytes.subarray(Math.max(0, from - lookBack), from)]).subarray(
        -lookBack,
      );
      restByte += from;
      rest = Buffer.from(bytes.subarray(from));
      tracker.expire(restByte);
      return give();
    },
    pending: () =>
      tracker.open.flatMap((record) => {
        const crash = readCrash(record);
        return crash === undefined ? [] : [{ crash, over: record.phase === 'ended' }];
      }),
    get boot() {
      return tracker.boot;
    },
    finish: () => {
      if (rest.length > 0) takeLine(rest, 0, rest.length, true);
      rest = Buffer.alloc(0);
      tracker.closeAll();
      return give();
    },
    remarks: () => ({ unread, busyModule: busy }),
  };
}
