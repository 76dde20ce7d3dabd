/** How a piece of a word was written; only bare text is open to tilde expansion. */
export type Quoting = 'bare' | 'escaped' | 'single' | 'double';

/** A literal piece of a word. */
export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
  readonly quoting: Quoting;
  readonly line: number;
}

/** `~` where the shell puts the home folder. */
export interface HomePart {
  readonly kind: 'home';
  readonly line: number;
}

/** `$NAME`, `${NAME}`, or one of `${NAME:-word}`, `${NAME-word}`, `${NAME:+word}`, `${NAME+word}`. */
export interface VariablePart {
  readonly kind: 'variable';
  readonly name: string;
  readonly operator?: ExpansionOperator | undefined;
  readonly word?: readonly Part[] | undefined;
  readonly line: number;
}

export type ExpansionOperator = '-' | ':-' | '+' | ':+';

export type Part = TextPart | HomePart | VariablePart;

/** A shell word before expansion. */
export interface Word {
  readonly parts: readonly Part[];
  /** Line on which the word starts, counted from 1. */
  readonly line: number;
}

/** `NAME=value` or `NAME+=value`. */
export interface Assignment {
  readonly name: string;
  readonly append: boolean;
  readonly value: readonly Part[];
  readonly line: number;
}

/**
 * One simple command. They differ in order: a plain line assigns from left to
 * right, `export` expands all its words before it assigns any.
 */
export interface Command {
  readonly kind: 'assign' | 'export';
  readonly assignments: readonly Assignment[];
}
