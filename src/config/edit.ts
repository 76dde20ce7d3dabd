import type { Environment } from '../environment.ts';
import type { KeyName } from './config-keys.ts';
import { evaluateShell, type Evaluation } from './shell/evaluate.ts';
import { parseShell } from './shell/parse-shell.ts';

/**
 * A change of one line: `from` (on line `line`, counted from 1) becomes `to`; or `to`
 * is a new line behind line `line`, which is 0 for an empty file.
 */
export type LineEdit =
  | { readonly kind: 'replace'; readonly line: number; readonly from: string; readonly to: string }
  | { readonly kind: 'insert'; readonly line: number; readonly to: string };

/**
 * How a value gets into a configuration: only the value's own characters change, so
 * comments and layout stay. A key that is not set goes below its commented-out
 * sample, else to the end. Undefined where that cannot be done in one line, or would
 * change what another name means. `text` is what readConfigText gives.
 */
export function editKey(
  text: string,
  key: KeyName,
  value: string,
  env: Environment,
  home: string,
): LineEdit | undefined {
  const before = evaluate(text, env, home);
  const assigned = before.assigned.get(key);
  const lines = text.split('\n');
  const edits =
    assigned === undefined
      ? written(value).map((each) => insertion(lines, key, each))
      : replacements(lines[assigned.line - 1] ?? '', assigned.line, key, value);
  return edits.find((edit) =>
    setsOnly(key, value, before, evaluate(applyEdit(lines, edit), env, home)),
  );
}

function evaluate(text: string, env: Environment, home: string): Evaluation {
  return evaluateShell(parseShell(text).commands, env, home);
}

/** A value as a shell reads it: bare, or in quotes where it needs them. */
function written(value: string): string[] {
  if (/^[\w./~+:@%,-]*$/.test(value)) return [value];
  return value.includes("'") ? [] : [`'${value}'`];
}

function insertion(lines: readonly string[], key: KeyName, value: string): LineEdit {
  const pattern = new RegExp(`^\\s*#+\\s*${key}=`);
  const sample = lines.findIndex((line) => line.length <= longestLine && pattern.test(line));
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  return { kind: 'insert', line: sample < 0 ? end : sample + 1, to: `${key}=${value}` };
}

/** Longest line that is edited, in UTF-16 units: what stands in longer ones was made by a program. */
const longestLine = 4096;
/** Places in a line that are tried. */
const mostPlaces = 8;

/** Every place in a line that looks like the assignment, the last one first: some are comments. */
function replacements(text: string, line: number, key: KeyName, value: string): LineEdit[] {
  // Each place that may be the assignment costs a look at the whole line, and at the file.
  if (text.length > longestLine) return [];
  const pattern = new RegExp(
    `(?<![\\w$\\{])${key}=(?:"[^"]*"|'[^']*'|[^\\s;"'\\\\]*)(?=[\\s;]|$)`,
    'g',
  );
  return [...text.matchAll(pattern)]
    .slice(-mostPlaces)
    .toReversed()
    .flatMap(([from]) => {
      const quote = /=(["']).*\1$/.exec(from)?.[1] ?? '';
      const forms = quote === '' ? written(value) : [`${quote}${value}${quote}`];
      return forms.map((each) => ({ kind: 'replace' as const, line, from, to: `${key}=${each}` }));
    });
}

function applyEdit(lines: readonly string[], edit: LineEdit): string {
  if (edit.kind === 'insert') return lines.toSpliced(edit.line, 0, edit.to).join('\n');
  const changed = (lines[edit.line - 1] ?? '').replace(edit.from, () => edit.to);
  return lines.with(edit.line - 1, changed).join('\n');
}

/** The edited file means the same as before, but for this key. */
function setsOnly(key: KeyName, value: string, before: Evaluation, after: Evaluation): boolean {
  const names = new Set([...before.assigned.keys(), ...after.assigned.keys()]);
  return (
    after.problems.length <= before.problems.length &&
    [...names].every((name) => {
      const wanted = name === key ? value : before.assigned.get(name)?.value;
      return after.assigned.get(name)?.value === wanted;
    })
  );
}
