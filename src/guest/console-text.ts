import { StringDecoder } from 'node:string_decoder';
import { escapeSequences } from '../text/escape-sequences.ts';

/** Longest line that is kept, in UTF-16 units: a console that never ends a line must not fill the memory. */
const longestLine = 8192;

/** A line as one would read it: without escape sequences, overwritten text and trailing blanks. */
export function plainLine(raw: string): string {
  const text = raw.replaceAll(escapeSequences, '').trimEnd();
  // A carriage return goes back to the line's start: what stands behind the last one is seen.
  return text.slice(text.lastIndexOf('\r') + 1);
}

/** Whole lines, and the line that has not ended yet (a prompt never does); both plain. */
export interface ConsoleText {
  readonly lines: readonly string[];
  readonly partial: string;
}

/**
 * Turns chunks of a console into plain lines. Bytes that are not UTF-8 become
 * U+FFFD; a character split between chunks is put together again.
 */
export function createConsoleReader(): (chunk: Uint8Array) => ConsoleText {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > longestLine) {
      parts.push(rest);
      rest = '';
    }
    return { lines: parts.map(plainLine), partial: plainLine(rest) };
  };
}

/** The last lines of a console, for whoever has to explain what happened. */
export interface ConsoleTail {
  add(chunk: Uint8Array): void;
  /** Plain lines without blank ones, oldest first, the unfinished one last. */
  lines(): string[];
}

/** Bytes that are kept: a few hundred lines. */
const tailBytes = 32 * 1024;

/** Keeps the last `capacity` lines (default 200) that say anything. Reads them only when asked. */
export function keepConsoleTail(capacity = 200): ConsoleTail {
  let kept = Buffer.alloc(0);
  let isCut = false;
  return {
    add: (chunk) => {
      const all = Buffer.concat([kept, chunk.subarray(-tailBytes)]);
      isCut ||= all.length > tailBytes || chunk.length > tailBytes;
      kept = all.subarray(-tailBytes);
    },
    lines: () => {
      const { lines, partial } = createConsoleReader()(kept);
      // Where the front is cut off, the first line is only its end.
      const whole = isCut ? lines.slice(1) : lines;
      const said = whole.filter((line) => line !== '').slice(-capacity);
      return partial === '' ? said : [...said, partial];
    },
  };
}
