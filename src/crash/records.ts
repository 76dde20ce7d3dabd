import type { ConsoleLine } from './console-line.ts';
import type { RecordTracker } from './record-tracker.ts';
import { endsIn, isAftermath, onlyAnnounced, saysMoreAbout } from './report-continuation.ts';
import { readFrame } from './frames.ts';
import { headless, type EarlierLine } from './headless.ts';
import { cutHead, learnHead, type OwnHead } from './own-heads.ts';
import { addLine, addStart, endRecord, openRecord, type CrashRecord } from './record.ts';
import { append, consequenceBytes, linesAfterEnd } from './report-body.ts';
import type { CrashStart } from './report-start-rule.ts';
import {
  bootMark,
  consequentPanic,
  crashStarts,
  panicFromEnd,
  panicReason,
} from './report-starts.ts';

const mostOpen = 8;

/** A program that floods the console stands between two lines, but not in the kernel's clock. */
const soonSeconds = 1;

function isSoonAfter(record: CrashRecord, line: ConsoleLine): boolean {
  const last = record.lines.findLast(({ time }) => time !== undefined)?.time;
  if (last === undefined || line.time === undefined) return false;
  return line.time >= last && line.time - last <= soonSeconds;
}

/** As deep as dmesg's stamp is long. */
const indented = /^ {14,80}\S/;

/** Whether nothing of a report had a head so far. */
function isPlain(record: CrashRecord | undefined): boolean {
  return record?.speakers.size === 1 && record.speakers.has('plain');
}

function startOf(message: string): CrashStart | undefined {
  const trimmed = message.trimStart();
  return crashStarts.find(({ pattern }) => pattern.test(trimmed));
}

/** Tracks one log; `close` gets every report when it is over. */
export function trackRecords(close: (record: CrashRecord) => void): RecordTracker {
  let open: CrashRecord[] = [];
  let count = 0;
  let boot = 0;
  let announced = false;
  /** Whether the boot under way has panicked. */
  let panicked = false;
  /** Where the latest line that belongs to a report ends. */
  let takenUpTo = 0;
  /** Heads that were learnt, by their speaker. */
  const heads = new Map<string, OwnHead>();

  function shut(...records: readonly CrashRecord[]): void {
    if (records.length === 0) return;
    open = open.filter((record) => !records.includes(record));
    for (const record of records) {
      takenUpTo = Math.max(takenUpTo, record.endByte);
      close(record);
    }
  }

  function end(record: CrashRecord, reason: string): void {
    record.panic = reason;
    panicked = true;
  }

  function newBoot(message: string): void {
    shut(...open);
    const byLoader = message.startsWith('Loading');
    if (byLoader || !announced) boot += 1;
    announced = byLoader;
    panicked = false;
  }

  function begin(
    start: CrashStart,
    line: ConsoleLine,
    endByte: number,
    before?: () => Iterable<EarlierLine>,
  ): void {
    if (open.length >= mostOpen) shut(...open.slice(0, 1));
    count += 1;
    const record = openRecord(count, Math.max(boot, 1), line.speaker);
    record.head = heads.get(line.speaker);
    const reason = panicReason(line.message);
    if (reason !== undefined && consequentPanic.test(reason) && before !== undefined) {
      const from = Math.max(takenUpTo, ...open.map((each) => each.endByte));
      for (const each of headless(before(), from)) addLine(record, each.line, true, each.endByte);
    }
    open.push(record);
    addStart(record, start, line, endByte);
    if (reason !== undefined) end(record, reason);
    if (start.alone === true) endRecord(record);
  }

  function handleStart(
    start: CrashStart,
    line: ConsoleLine,
    startByte: number,
    endByte: number,
    before?: () => Iterable<EarlierLine>,
  ): void {
    const reason = panicReason(line.message);
    const near = open.filter(
      (record) => startByte - record.endByte <= consequenceBytes || isSoonAfter(record, line),
    );
    // A panic may be told by another processor than the report that it ends.
    const target =
      reason === undefined
        ? undefined
        : (near.findLast((each) => each.speakers.has(line.speaker) && endsIn(each, reason)) ??
          near.findLast((each) => endsIn(each, reason)));
    if (target !== undefined) {
      end(target, reason ?? '');
      target.phase = 'body';
      target.speakers.add(line.speaker);
      addLine(target, line, true, endByte);
      return;
    }
    // People quote a report with the head of its first line alone. And where a program floods the
    // console, a stamp and the line behind it stand apart, however far.
    const headed = (line.speaker === 'plain' ? open : near).findLast(
      (each) => each.phase === 'header' && saysMoreAbout(each, start, line.message),
    );
    if (line.speaker === 'plain' || isPlain(headed)) headed?.speakers.add(line.speaker);
    const own = open.filter((each) => each.speakers.has(line.speaker));
    const record = own.at(-1);
    const earlier = own.at(-2);
    if (record === undefined) begin(start, line, endByte, before);
    else if (start.kind === undefined && record.phase !== 'header') {
      // Whether it is a report of its own will be told by the next line.
      begin(start, line, endByte, before);
    } else if (
      earlier !== undefined &&
      onlyAnnounced(record) &&
      near.includes(earlier) &&
      isAftermath(earlier, start, line.message)
    ) {
      open = open.filter((each) => each !== record);
      for (const each of record.lines) addLine(earlier, each, true, endByte);
      addLine(earlier, line, true, endByte);
      earlier.phase = 'body';
    } else if (
      (record === headed || near.includes(record)) &&
      saysMoreAbout(record, start, line.message)
    ) {
      if (reason !== undefined) end(record, reason);
      if (record.phase === 'header' || start.id === 'oom-killed') {
        addStart(record, start, line, endByte);
      } else addLine(record, line, true, endByte);
      if (record.phase === 'ended') record.phase = 'body';
      shut(...own.slice(0, -1));
    } else {
      shut(...own);
      begin(start, line, endByte, before);
    }
  }

  /** A report behind a head that no rule knows: its own lines will tell whether it is one. */
  function beginWithOwnHead(line: ConsoleLine, startByte: number, endByte: number): boolean {
    const head = learnHead(line.message);
    if (head === undefined) return false;
    const message = line.message.slice(head.length);
    const start = startOf(message);
    if (start === undefined || start.alone === true) return false;
    heads.set(head.speaker, head);
    const [oldest] = heads.keys();
    if (heads.size > mostOpen && oldest !== undefined) heads.delete(oldest);
    handleStart(start, { ...line, message, speaker: head.speaker }, startByte, endByte);
    return true;
  }

  /** The end of a panic whose beginning is not in the log counts as that. */
  function whole(line: ConsoleLine, hasPattern: boolean): ConsoleLine {
    const message = hasPattern && !panicked ? panicFromEnd(line.message) : undefined;
    return message === undefined ? line : { ...line, message };
  }

  /** The line without a head that one of the reports has. */
  function plain(line: ConsoleLine): ConsoleLine {
    for (const { head } of open) {
      const cut = head === undefined ? undefined : cutHead(line, head);
      if (cut !== undefined) return cut;
    }
    return line;
  }

  return {
    take: (raw, startByte, endByte, hasPattern, before) => {
      const line = whole(plain(raw), hasPattern);
      if (hasPattern && bootMark.test(line.message)) {
        newBoot(line.message);
        return;
      }
      const start = hasPattern ? startOf(line.message) : undefined;
      if (start !== undefined) {
        const message = line.message.trimStart();
        handleStart(start, { ...line, message }, startByte, endByte, before);
        return;
      }
      if (hasPattern && beginWithOwnHead(line, startByte, endByte)) return;
      const record = open.findLast((each) => each.speakers.has(line.speaker)) ?? adopter(line);
      if (record !== undefined) append(record, line, startByte, endByte);
    },
    wantsLines: () =>
      open.some(({ phase, afterEnd }) => phase !== 'ended' || afterEnd < linesAfterEnd),
    expire: (atByte) => {
      shut(
        ...open.filter(
          ({ phase, endByte }) => phase === 'ended' && atByte - endByte > consequenceBytes,
        ),
      );
    },
    closeAll: () => shut(...open),
    get open() {
      return open;
    },
    get boot() {
      return Math.max(boot, 1);
    },
  };

  /**
   * The processors that a stall's report asks for their traces answer as speakers of their own;
   * people cut the time off a trace that they quote.
   */
  function adopter(line: ConsoleLine): CrashRecord | undefined {
    const quoted =
      line.speaker === 'plain' &&
      (/^\s*Call [Tt]race:/.test(line.message) || readFrame(line.message) !== undefined);
    const record = open.findLast(({ phase }) => phase !== 'ended');
    // Of a message of several lines dmesg stamps the first and indents the others as deep.
    const last = record?.lines.at(-1);
    const goesOn = last !== undefined && (last.time !== undefined || indented.test(last.text));
    if (goesOn && line.speaker === 'plain' && indented.test(line.text)) return record;
    if (!quoted && !line.message.startsWith('NMI backtrace for cpu')) return undefined;
    record?.speakers.add(line.speaker);
    return record;
  }
}
