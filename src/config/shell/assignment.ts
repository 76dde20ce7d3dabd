import type { Problem } from '../problem.ts';
import type { Assignment, Part, TextPart, Word } from './syntax.ts';

/** Splits `NAME=value` or `NAME+=value` off a word; undefined when the word is no assignment. */
export function asAssignment(word: Word): Assignment | undefined {
  const [first, ...rest] = word.parts;
  if (first?.kind !== 'text' || first.quoting !== 'bare') return undefined;
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*)$/s.exec(first.text);
  if (match === null) return undefined;
  const [, name = '', plus, text = ''] = match;
  // An emptied first part stays: a tilde counts only directly behind the =.
  return {
    name,
    append: plus === '+',
    value: [{ ...first, text }, ...rest],
    line: word.line,
  };
}

/**
 * Puts the home folder in for every tilde that the shell expands in an assigned
 * value: at its start and behind each bare colon. Returns what stands in the way
 * instead where the shell would look for another user's home, or for none.
 */
export function placeHome(value: readonly Part[]): Part[] | Problem {
  const placed: Part[] = [];
  for (const [index, part] of value.entries()) {
    if (part.kind !== 'text' || part.quoting !== 'bare') {
      placed.push(part);
      continue;
    }
    let done = 0;
    for (const { index: tilde } of part.text.matchAll(index === 0 ? /(?<=^|:)~/g : /(?<=:)~/g)) {
      const next = part.text.charAt(tilde + 1);
      const endsValue = next === '' && index === value.length - 1;
      if (!endsValue && next !== '/' && next !== ':') return tildeProblem(part);
      placed.push({ ...part, text: part.text.slice(done, tilde) });
      placed.push({ kind: 'home', line: part.line });
      done = tilde + 1;
    }
    placed.push({ ...part, text: part.text.slice(done) });
  }
  return placed;
}

function tildeProblem(part: TextPart): Problem {
  return {
    line: part.line,
    message: '~ stands for your home folder only alone or directly before /.',
    hint: 'Write ~/ outside the quotes, as in ~/"my folder", or the whole path of another user\'s home.',
  };
}

/** A word's text when it is one piece of bare text; undefined otherwise. */
export function bareText(word: Word | undefined): string | undefined {
  const [only, second] = word?.parts ?? [];
  return second === undefined && only?.kind === 'text' && only.quoting === 'bare'
    ? only.text
    : undefined;
}
