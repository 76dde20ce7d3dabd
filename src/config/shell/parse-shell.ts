import { mostRemarks, stoppedReading } from '../bounds.ts';
import type { Problem } from '../problem.ts';
import { asAssignment, bareText, placeHome } from './assignment.ts';
import { Cursor } from './cursor.ts';
import { explainWord } from './explain-word.ts';
import { describeOperator, isWordEnd } from './operators.ts';
import { refuse, type Reading } from './shell-reading.ts';
import type { Assignment, Command, Word } from './syntax.ts';
import { readPiece, readWord } from './word.ts';

/** A configuration file's assignments in order, and every line that is refused. */
export interface ParsedShell {
  readonly commands: readonly Command[];
  readonly problems: readonly Problem[];
}

/**
 * Reads the part of the shell's language that configuration files use: assignments
 * and `export`. Whatever else the text contains becomes a problem of its line,
 * and reading goes on with the next line, so that all problems show at once.
 */
export function parseShell(text: string): ParsedShell {
  const reading: Reading = { cursor: new Cursor(text), problems: [], depth: 0, readPiece };
  const commands: Command[] = [];
  const { cursor } = reading;
  while (skipToCommand(cursor)) {
    if (reading.problems.length >= mostRemarks) {
      reading.problems.push(stoppedReading(cursor.line));
      break;
    }
    const words = readWords(reading);
    const command = words === undefined ? undefined : asCommand(reading, words);
    if (command !== undefined) commands.push(command);
    // One problem a line: whatever else the line holds is not worth a second one.
    else cursor.skipLine();
  }
  return { commands, problems: reading.problems };
}

/** Skips blanks, empty lines and comments; false at the end of the text. */
function skipToCommand(cursor: Cursor): boolean {
  for (;;) {
    const next = cursor.peek();
    if (next === '') return false;
    if (next === '#') cursor.skipLine();
    else if (next === ' ' || next === '\t' || next === '\n') cursor.take();
    else return true;
  }
}

/** The words up to a newline or a semicolon, which is taken; undefined when one is refused. */
function readWords(reading: Reading): Word[] | undefined {
  const { cursor, problems } = reading;
  const words: Word[] = [];
  for (;;) {
    const next = cursor.peek();
    if (next === ' ' || next === '\t') cursor.take();
    else if (next === '' || next === '\n') return words;
    else if (next === '#') {
      cursor.skipLine();
      return words;
    } else if (next === ';' && words.length > 0) {
      cursor.take();
      if (cursor.peek() !== ';' && cursor.peek() !== '&') return words;
      refuse(problems, { line: cursor.line, ...describeOperator(';') });
      return undefined;
    } else if (isWordEnd(next)) {
      refuse(problems, { line: cursor.line, ...describeOperator(next) });
      return undefined;
    } else {
      const word = readWord(reading);
      if (word === undefined) return undefined;
      words.push(word);
    }
  }
}

function asCommand({ problems }: Reading, words: readonly Word[]): Command | undefined {
  const isExport = words.length > 1 && bareText(words[0]) === 'export';
  const assignments: Assignment[] = [];
  for (const [index, word] of words.entries()) {
    if (isExport && index === 0) continue;
    const problem = explainWord(words, index, isExport);
    if (problem !== undefined) {
      problems.push(problem);
      return undefined;
    }
    const assignment = asAssignment(word);
    if (assignment === undefined) continue;
    const value = placeHome(assignment.value);
    if (!Array.isArray(value)) {
      problems.push(value);
      return undefined;
    }
    assignments.push({ ...assignment, value });
  }
  return { kind: isExport ? 'export' : 'assign', assignments };
}
