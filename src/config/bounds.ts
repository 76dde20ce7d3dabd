import type { Problem, Warning } from './problem.ts';

/** A configuration is a page or two; what is larger is something else, most often an image. */
export const mostConfigBytes = 1024 * 1024;

/** A .env of a person and of a few tools is a page, too. dotenv's time is bounded by this and the next. */
export const mostDotenvBytes = 32 * 1024;

/**
 * Blanks and line ends in a row of a .env: dotenv's regular expression looks at each of them from
 * each of them (32 KiB of empty lines took 25 s).
 */
export const mostBlanks = 100;

/** U+2028 and U+2029 in a .env: lines to that expression, of which it looks at all from each (2.4 s). */
export const mostSeparators = 100;

/** How deep ${A:-${B:-…}} may be nested: more than anybody writes, and far from the end of our stack. */
export const deepestExpansion = 32;

/** Longest value, in UTF-16 units: what Linux takes as one word of a command line (MAX_ARG_STRLEN). */
export const longestValue = 128 * 1024;

/** What a file's variables may put into its values in all, in UTF-16 units: it bounds the time that takes. */
export const mostExpanded = 4 * 1024 * 1024;

/** Problems and warnings that are kept: nobody reads more of either. */
export const mostRemarks = 100;

/** What a message quotes of a text, in UTF-16 units. */
const longestQuote = 200;

/** A message and its hint, in UTF-16 units; ours are far shorter with all that they quote. */
const longestProblem = 2000;

/** A text as a message quotes it: whole, or its start. */
export function clip(text: string): string {
  return text.length <= longestQuote ? text : `${text.slice(0, longestQuote)}…`;
}

/** A problem whose texts a person can read, whatever they quote. */
export function clipProblem(problem: Problem): Problem {
  const { message, hint } = problem;
  if (message.length + hint.length <= longestProblem) return problem;
  return { ...problem, message: clip(message), hint: clip(hint) };
}

/** What is said in the place of the problems that are not read any more. */
export function stoppedReading(line: number): Problem {
  return {
    line,
    message: `The reading stopped here: the file has more than ${mostRemarks} problems.`,
    hint: 'Is this a configuration file? Correct the first lines, then: utopia config',
  };
}

/** Keeps the first warnings and counts the others. */
export class WarningList {
  readonly #kept: Warning[] = [];
  #more = 0;

  /** Whether one more is kept; to be asked before one that takes work to write. */
  get isFull(): boolean {
    return this.#kept.length >= mostRemarks;
  }

  add(warning: Warning): void {
    if (this.isFull) this.#more += 1;
    else this.#kept.push(warning);
  }

  /** The kept ones, with one in the place of all others. */
  all(): Warning[] {
    if (this.#more === 0) return this.#kept;
    return [...this.#kept, { message: `There are ${this.#more} more warnings like these.` }];
  }
}
