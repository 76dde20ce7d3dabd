import type { Problem } from '../problem.ts';
import { complainAboutBareText, complainAboutText } from './characters.ts';
import type { Cursor } from './cursor.ts';
import { readDollar } from './expansion.ts';
import { isWordEnd } from './operators.ts';
import { appendText, refuse, type Reading } from './shell-reading.ts';
import type { Part, Word } from './syntax.ts';

/**
 * Reads one word up to a blank, a newline or an operator. Returns undefined when
 * something in it is refused; `reading.problems` then says what.
 */
export function readWord(reading: Reading): Word | undefined {
  const { cursor } = reading;
  const parts: Part[] = [];
  let { line } = cursor;
  for (let character = cursor.peek(); !isWordEnd(character); character = cursor.peek()) {
    if (parts.length === 0) line = cursor.line;
    if (!reading.readPiece(reading, parts)) return undefined;
  }
  return checkCharacters(reading.problems, parts) ? { parts, line } : undefined;
}

/** Reads the next quoted, escaped, expanded or bare piece of a word onto `parts`; false when it is refused. */
export function readPiece(reading: Reading, parts: Part[]): boolean {
  const { cursor } = reading;
  switch (cursor.peek()) {
    case "'":
      return readSingleQuoted(reading, parts);
    case '"':
      return readDoubleQuoted(reading, parts);
    case '\\':
      return readEscaped(reading, parts);
    case '$':
      return readDollar(reading, parts, 'bare');
    case '`':
      return refuseBackquote(reading);
    default: {
      const { line } = cursor;
      appendText(parts, cursor.take(), 'bare', line);
      return true;
    }
  }
}

function readSingleQuoted({ cursor, problems }: Reading, parts: Part[]): boolean {
  const { line, position } = cursor;
  cursor.takeRaw();
  const end = cursor.text.indexOf("'", cursor.position);
  if (end === -1) return refuse(problems, unterminated(cursor, line, position, "'"));
  let text = '';
  while (cursor.position < end) text += cursor.takeRaw();
  cursor.takeRaw();
  parts.push({ kind: 'text', text, quoting: 'single', line });
  return true;
}

function readDoubleQuoted(reading: Reading, parts: Part[]): boolean {
  const { cursor, problems } = reading;
  const { line, position } = cursor;
  cursor.takeRaw();
  // Even an empty pair of quotes counts: it ends what stands bare before it.
  parts.push({ kind: 'text', text: '', quoting: 'double', line });
  for (;;) {
    const character = cursor.peek();
    switch (character) {
      case '':
        return refuse(problems, unterminated(cursor, line, position, '"'));
      case '"':
        cursor.takeRaw();
        return true;
      case '$':
        if (!readDollar(reading, parts, 'double')) return false;
        break;
      case '`':
        return refuseBackquote(reading);
      case '\\': {
        cursor.takeRaw();
        const next = cursor.peekRaw();
        appendText(
          parts,
          next !== '' && '$`"\\'.includes(next) ? cursor.takeRaw() : '\\',
          'double',
          line,
        );
        break;
      }
      default:
        appendText(parts, cursor.takeRaw(), 'double', line);
    }
  }
}

function readEscaped({ cursor, problems }: Reading, parts: Part[]): boolean {
  const { line } = cursor;
  cursor.takeRaw();
  if (cursor.peekRaw() === '') {
    return refuse(problems, {
      line,
      message: 'The file ends in a backslash, which continues a line: nothing follows.',
      hint: 'Delete the backslash.',
    });
  }
  parts.push({ kind: 'text', text: cursor.takeRaw(), quoting: 'escaped', line });
  return true;
}

function refuseBackquote({ cursor, problems }: Reading): boolean {
  return refuse(problems, {
    line: cursor.line,
    message: 'Backquotes would run a command; nothing in this file is executed.',
    hint: "Write the command's result in its place, or put the value in 'single quotes'.",
  });
}

/** Goes back to the opening quote, so that the lines behind it are still read for themselves. */
function unterminated(cursor: Cursor, line: number, opening: number, quote: string): Problem {
  cursor.rewind(opening, line);
  return {
    line,
    message: `The ${quote === "'" ? 'single' : 'double'} quote opened here is never closed.`,
    hint: `Close it with ${quote}, or look for an earlier one that is open.`,
  };
}

function checkCharacters(problems: Problem[], parts: readonly Part[]): boolean {
  for (const part of parts) {
    if (part.kind === 'home') continue;
    if (part.kind === 'variable') {
      if (part.word !== undefined && !checkCharacters(problems, part.word)) {
        return false;
      }
      continue;
    }
    const complaint =
      complainAboutText(part.text) ??
      (part.quoting === 'bare' ? complainAboutBareText(part.text) : undefined);
    if (complaint !== undefined) return refuse(problems, { line: part.line, ...complaint });
  }
  return true;
}
