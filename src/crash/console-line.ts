import { escapeSequences } from '../text/escape-sequences.ts';
import { noWords, openEnvelope } from './envelope.ts';
import { withoutRuler } from './joined-lines.ts';
import { headLength } from './line-heads.ts';

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

/** printk's stamp: `[   12.345678]`, a log level before it, dmesg's delta and the caller behind it. */
const printkStamp =
  /(?:<\d{1,3}>)?\[ *(\d+)\.(\d*)(?: ?[@,] ?\d{1,3})?(?: <[ +]*\d+\.\d+>)?\](?: ?\[ *([TC]\d+) *\])? ?/;

/** /dev/kmsg and netconsole's extended form: level, sequence, microseconds, flags; a kernel's release before it since 4.4. */
const kmsgRecord = /^(?:\d[\w.+-]{0,60},)?\d{1,3},\d+,(\d+),[^;]{0,80};/;

/** A prompt that waited on the line: the kernel does not start a new one. */
const prompt = /^(?:[\w.-]+ login: ?|Password: ?|\(initramfs\) |[\w.@:~/[\] -]{0,60}[#$] )/;

// Only lines that have any are searched for sequences.
const control = new RegExp(String.raw`[\x00-\x08\x0b-\x1f\x7f]`);

/** Takes a line (latin1 or decoded, without its newline) apart. Pure. */
export function readConsoleLine(raw: string): ConsoleLine {
  const opened = openEnvelope(plainText(raw));
  if (opened === noWords) return { text: '', message: '', time: undefined, speaker: 'none' };
  const stamp = printkStamp.exec(opened);
  if (stamp !== null) {
    const [whole, seconds = '', fraction = '', caller] = stamp;
    const rest = withoutRuler(opened.slice(stamp.index + whole.length));
    const behind = rest.slice(headLength(rest));
    return {
      text: opened.slice(stamp.index),
      message: behind === '' ? rest : behind,
      time: Number(`${seconds}.${fraction}`),
      speaker: caller ?? 'stamped',
    };
  }
  const record = kmsgRecord.exec(opened);
  if (record !== null) {
    const message = opened.slice(record[0].length);
    const caller = /,caller=([TC]\d+)/.exec(record[0])?.[1];
    return {
      text: opened,
      message,
      time: Number(record[1]) / 1e6,
      speaker: caller ?? 'stamped',
    };
  }
  const text = withoutRuler(opened.replace(prompt, ''));
  const end = headLength(text);
  return {
    text,
    message: text.slice(end),
    time: undefined,
    speaker: end === 0 ? 'plain' : 'foreign',
  };
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
