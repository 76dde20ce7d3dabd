import { StringDecoder } from 'node:string_decoder';

/** Longest line that is kept, in UTF-16 units: a console that never ends a line must not fill the memory. */
const longestLine = 8192;

// Escape sequences after ECMA-48 (CSI, OSC, shorter ones), then stray control
// characters. Written with \x escapes, since they are what is looked for.
const escapeSequences = new RegExp(
  [
    String.raw`\x1b\[[0-?]*[ -/]*[@-~]`,
    String.raw`\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)`,
    String.raw`\x1b[ -/]*[0-~]`,
    String.raw`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]`,
  ].join('|'),
  'g',
);

/** A line as one would read it: without escape sequences, overwritten text and trailing blanks. */
export function plainLine(raw: string): string {
  const text = raw.replaceAll(escapeSequences, '').replace(/[\r\s]+$/, '');
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
  add(text: ConsoleText): void;
  /** Plain lines without blank ones, oldest first, the unfinished one last. */
  lines(): string[];
}

/** Keeps the last `capacity` lines (default 200) that say anything. */
export function keepConsoleTail(capacity = 200): ConsoleTail {
  let kept: string[] = [];
  let partial = '';
  return {
    add: (text) => {
      kept = [...kept, ...text.lines.filter((line) => line !== '')].slice(-capacity);
      partial = text.partial;
    },
    lines: () => (partial === '' ? [...kept] : [...kept, partial]),
  };
}
