import { escapeSequences } from '../escape-sequences.ts';

/** One line of a console or of a saved log, taken apart. */
export interface ConsoleLine {
  /** Plain text, from the time stamp on: what stood before it on the line is not the kernel's. */
  readonly text: string;
  /** The text behind the time stamp. */
  readonly message: string;
  /** Seconds since the kernel's start. */
  readonly time: number | undefined;
  /** Lines of one speaker share it: `T812`, `C1` with CONFIG_PRINTK_CALLER, else how they are stamped. */
  readonly speaker: string;
}

/** printk's stamp: `[   12.345678]`, a log level before it, the caller behind it. */
const printkStamp = /(?:<\d{1,3}>)?\[ *(\d+)\.(\d*)\](?:\[ *([TC]\d+) *\])? ?/;

/** /dev/kmsg: level, sequence, microseconds, flags. */
const kmsgRecord = /^\d{1,3},\d+,(\d+),[^;]{0,80};/;

/** Stamps of other programs that print the kernel's messages: dmesg -T, syslog, journalctl. */
const foreignStamp =
  /^(?:<\d{1,3}>|\[\S{3} \S{3} +\d+ \d\d:\d\d:\d\d \d{4}\] ?|\S{3,5} +\d+ \d\d:\d\d:\d\d \S+ kernel: ?|\d{4}-\d\d-\d\dT\S+ \S+ kernel: ?)/;

/** A prompt that waited on the line: the kernel does not start a new one. */
const prompt = /^(?:[\w.-]+ login: ?|Password: ?|\(initramfs\) |[\w.@:~/[\] -]{0,60}[#$] )/;

// Only lines that have any are searched for sequences.
const control = new RegExp(String.raw`[\x00-\x08\x0b-\x1f\x7f]`);

/** Takes a line (latin1 or decoded, without its newline) apart. Pure. */
export function readConsoleLine(raw: string): ConsoleLine {
  const plain = plainText(raw);
  const stamp = printkStamp.exec(plain);
  if (stamp !== null) {
    const [whole, seconds = '', fraction = '', caller] = stamp;
    return {
      text: plain.slice(stamp.index),
      message: plain.slice(stamp.index + whole.length),
      time: Number(`${seconds}.${fraction}`),
      speaker: caller ?? 'stamped',
    };
  }
  const record = kmsgRecord.exec(plain);
  if (record !== null) {
    const message = plain.slice(record[0].length);
    return { text: plain, message, time: Number(record[1]) / 1e6, speaker: 'stamped' };
  }
  const text = plain.replace(prompt, '');
  const message = text.replace(foreignStamp, '');
  return { text, message, time: undefined, speaker: message === text ? 'plain' : 'foreign' };
}

function plainText(raw: string): string {
  let text = raw.trimEnd();
  if (control.test(text)) {
    text = text.replaceAll(escapeSequences, '').trimEnd();
    // A carriage return goes back to the line's start: what stands behind the last one is seen.
    text = text.slice(text.lastIndexOf('\r') + 1);
  }
  return text;
}
