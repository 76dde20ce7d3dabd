import { withoutWarnings } from '../qemu-words.ts';
import type { Diagnosis, Evidence } from './diagnosis.ts';

/** A rule looks at the evidence and explains it, or passes. */
export interface Rule {
  readonly id: Diagnosis['id'];
  /** Undefined when the rule does not apply. */
  readonly explain: (evidence: Evidence) => Omit<Diagnosis, 'id'> | undefined;
}

/** How to get into a guest without SSH, before what to do there. An `up` that failed has ended the machine. */
export const logIn =
  'Start it with utopia up --no-wait and log in with utopia console (root / root)';

/** How many lines of a log are shown as evidence. */
const shownLines = 12;

/** The last lines that say anything, for the reader. */
export function tail(lines: readonly string[], count = shownLines): readonly string[] {
  return lines.filter((line) => line.trim() !== '').slice(-count);
}

/** QEMU's own words as lines, without its warnings and the program's name before them. */
export function qemuLines(evidence: Evidence): string[] {
  return withoutWarnings(evidence.qemuOutput ?? '')
    .map((line) => line.replace(/^\S{0,200}qemu[\w-]{0,40}: /, '').trimEnd())
    .filter((line) => line !== '');
}

/** Console lines, or the text screen's where the console said nothing. */
export function guestLines(evidence: Evidence): readonly string[] {
  const { consoleLines = [], screenLines = [] } = evidence;
  return consoleLines.length > 0 ? consoleLines : screenLines;
}

/** The first line that matches, with its match. */
export function findLine(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match !== null) return match;
  }
  return undefined;
}

/** Lines around the last match of a pattern: one before it, and what follows. */
export function linesFrom(
  lines: readonly string[],
  pattern: RegExp,
  count = shownLines,
): readonly string[] {
  const position = lines.findLastIndex((line) => pattern.test(line));
  return position < 0
    ? tail(lines, count)
    : lines.slice(Math.max(0, position - 1), position - 1 + count);
}

/** `45 s`, `3 min`. */
export function roughly(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
