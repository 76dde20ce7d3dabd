import { mostBlanks, mostSeparators } from '../bounds.ts';
import type { Problem } from '../problem.ts';

/** The text of a .env as dotenv takes it, with line ends of Linux; or why it is not read. */
export type DotenvText = { readonly text: string } | { readonly problem: Problem };

const longRow = new RegExp(String.raw`\s{${mostBlanks + 1}}`);

/**
 * Bytes to text, within the bounds in which dotenv's regular expression takes milliseconds. Bytes
 * that are not UTF-8 become U+FFFD, as dotenv itself reads them: they may be another tool's.
 */
export function readDotenvText(bytes: Uint8Array, label: string): DotenvText {
  const zero = bytes.indexOf(0);
  if (zero !== -1) {
    const line = bytes.subarray(0, zero).filter((byte) => byte === 0x0a).length + 1;
    const message = 'The file contains a zero byte: it is not a text file.';
    return { problem: { line, message, hint: `See what it is: file ${label}` } };
  }
  const text = new TextDecoder().decode(bytes).replaceAll(/\r\n?/g, '\n');
  const separators = [...text.matchAll(/[\u2028\u2029]/g)];
  const many = separators[mostSeparators];
  if (many !== undefined) {
    const message = `More than ${mostSeparators} line separators (U+2028, U+2029) stand up to here; dotenv, which reads this file, takes too long for them.`;
    const hint = 'Write ordinary line ends, or take them away.';
    return { problem: { line: lineAt(text, many.index), message, hint } };
  }
  const row = longRow.exec(text);
  if (row === null) return { text };
  return {
    problem: {
      line: lineAt(text, row.index),
      message: `More than ${mostBlanks} blanks and line ends stand in a row from here; dotenv, which reads this file, takes too long for them.`,
      hint: 'Take some of them away.',
    },
  };
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
