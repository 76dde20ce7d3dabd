import type { ShellVariable } from '../shell/evaluate.ts';

/**
 * Where dotenv can find the name of an assignment: at the start of a line. It need not be one (a
 * quoted value may run over the line), but each that is one stands at such a place.
 */
const possibleName = new RegExp(
  String.raw`^([^\S\n\u2028\u2029]*(?:export[^\S\n\u2028\u2029]+)?)([\w.-]+)(?=\s*=|:\s)`,
  'gm',
);

/**
 * The assignments of a .env that concern us, as dotenv reads them, with their lines. dotenv tells
 * no lines: it is asked a second time, with a number behind each possible name. Names with
 * numbers change nothing of where it sees values, so both readings are one and the same.
 *
 * `text` has no carriage returns, and is within the bounds of `readDotenvText`.
 */
export async function readAssignments(
  text: string,
  isWanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, ShellVariable>> {
  const { parse } = await import('dotenv');
  const values = parse(text);
  const assigned = new Map<string, ShellVariable>();
  const wanted = new Set(Object.keys(values).filter(isWanted));
  if (wanted.size === 0) return assigned;

  const lines: number[] = [];
  let line = 1;
  let counted = 0;
  const numbered = text.replaceAll(possibleName, (_all, before: string, name: string, at) => {
    const start = Number(at) + before.length;
    for (; counted < start; counted += 1) if (text.charAt(counted) === '\n') line += 1;
    return `${before}${name}.${lines.push(line) - 1}`;
  });
  // In the order of the text, so that the last one counts, as its value does.
  for (const numberedName of Object.keys(parse(numbered))) {
    const dot = numberedName.lastIndexOf('.');
    const name = numberedName.slice(0, dot);
    const foundAt = lines[Number(numberedName.slice(dot + 1))];
    const value = values[name];
    if (!wanted.has(name) || value === undefined || foundAt === undefined) continue;
    assigned.set(name, { value, line: foundAt, replacedLine: assigned.get(name)?.line });
  }
  return assigned;
}
