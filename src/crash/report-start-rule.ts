import type { CrashKind } from './crash-event.ts';

/** A line that begins a report of the kernel's, or says more about one that has begun. */
export interface CrashStart {
  readonly id: string;
  /** Text that every such line has: the scanner looks at no line without one. At least five characters. */
  readonly patterns: readonly string[];
  /** What the message, without its time, looks like. */
  readonly pattern: RegExp;
  /** Undefined for lines that only announce the one which tells. */
  readonly kind?: CrashKind;
  /** The line with the highest rank of a report gives its kind and message. */
  readonly rank: number;
  /** Only with registers or a trace behind it: drivers print such words too. */
  readonly needsBody?: boolean;
  /** The one line is the whole report. */
  readonly alone?: boolean;
}

/** Makes a rule. */
export function start(
  id: string,
  patterns: string | readonly string[],
  pattern: RegExp,
  kind: CrashKind | undefined,
  rank: number,
  more: Pick<CrashStart, 'needsBody' | 'alone'> = {},
): CrashStart {
  const list = typeof patterns === 'string' ? [patterns] : patterns;
  return { id, patterns: list, pattern, rank, ...(kind === undefined ? {} : { kind }), ...more };
}

/** x86 prints `Oops: ` before the name since 6.10. */
export const fault = (name: string): RegExp => new RegExp(`^(?:Oops: )?${name}\\b.*\\[#\\d+\\]`);

/** lockdep's titles, in the wordings of 4.x and later. */
export const lockdep = (text: string): RegExp =>
  new RegExp(`^(?:\\[ )?(?:WARNING|INFO|BUG): (?:${text})`, 'i');
