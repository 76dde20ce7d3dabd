import type { Problem } from '../problem.ts';
import type { Cursor } from './cursor.ts';
import type { Part, Quoting } from './syntax.ts';

/** A text that is being read, and what was found wrong with it so far. */
export interface Reading {
  readonly cursor: Cursor;
  readonly problems: Problem[];
  /** How many ${…} are open where `cursor` stands. */
  depth: number;
  /**
   * Reads the next quoted, escaped, expanded or bare piece of a word onto `parts`;
   * false when it is refused. Here because words and expansions contain each other.
   */
  readonly readPiece: (reading: Reading, parts: Part[]) => boolean;
}

/** Notes a problem; always false, so that a reader can say `return refuse(…)`. */
export function refuse(problems: Problem[], problem: Problem): false {
  problems.push(problem);
  return false;
}

/** Adds literal text to the last part when that is of the same kind. */
export function appendText(parts: Part[], text: string, quoting: Quoting, line: number): void {
  const last = parts.at(-1);
  if (last?.kind === 'text' && last.quoting === quoting) {
    parts[parts.length - 1] = { ...last, text: last.text + text };
  } else {
    parts.push({ kind: 'text', text, quoting, line });
  }
}
