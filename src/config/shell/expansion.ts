import { deepestExpansion } from '../bounds.ts';
import type { Reading } from './shell-reading.ts';
import { appendText, refuse } from './shell-reading.ts';
import type { ExpansionOperator, Part } from './syntax.ts';

/** Where a `$` stands: the shell reads some of what follows differently inside double quotes. */
type Quoting = 'bare' | 'double';

/** Reads `$` and what belongs to it; a `$` that expands nothing stays a `$`. False when refused. */
export function readDollar(reading: Reading, parts: Part[], where: Quoting): boolean {
  const { cursor, problems } = reading;
  const { line } = cursor;
  cursor.take();
  const next = cursor.peek();
  if (isNameStart(next)) {
    parts.push({ kind: 'variable', name: readName(reading), line });
    return true;
  }
  if (next === '{') return readBraced(reading, parts, where, line);
  if (next === '(' || next === '[') {
    const arithmetic = next === '[' || cursor.text.startsWith('((', cursor.position);
    return refuse(problems, {
      line,
      message: arithmetic
        ? `$${next} starts arithmetic, which is not computed here.`
        : '$( would run a command; nothing in this file is executed.',
      hint: arithmetic
        ? 'Write the result in its place.'
        : "Write the command's result in its place. Relative paths start at this file's folder, so $(pwd)/ is not needed.",
    });
  }
  if (where === 'bare' && (next === "'" || next === '"')) {
    return refuse(problems, {
      line,
      message: `$${next} is a special kind of quoting that is not read here.`,
      hint: `Leave the $ away, or write \\$ if it belongs to the value.`,
    });
  }
  if (next !== '' && '0123456789*@#?$!-'.includes(next)) {
    return refuse(problems, {
      line,
      message: `$${next} is a parameter of the shell that runs a script; here there is none.`,
      hint: `Write the value in its place, or \\$${next} if the $ belongs to the value.`,
    });
  }
  appendText(parts, '$', where, line);
  return true;
}

function readBraced(reading: Reading, parts: Part[], where: Quoting, line: number): boolean {
  const { cursor, problems } = reading;
  cursor.take();
  const name = isNameStart(cursor.peek()) ? readName(reading) : '';
  let operator = cursor.take();
  if (name !== '' && operator === '}') {
    parts.push({ kind: 'variable', name, line });
    return true;
  }
  if (operator === ':') operator += cursor.take();
  if (name === '' || !isOperator(operator)) {
    return refuse(problems, {
      line,
      message: 'Of the ${…} forms only ${NAME}, ${NAME:-default} and ${NAME:+other} are read here.',
      hint: 'Write the value in its place.',
    });
  }
  if (reading.depth >= deepestExpansion) {
    return refuse(problems, {
      line,
      message: `More than ${deepestExpansion} \${…} stand within each other here.`,
      hint: 'Give the inner ones variables of their own on earlier lines, and use those.',
    });
  }
  reading.depth += 1;
  const word = readDefault(reading, where, line);
  reading.depth -= 1;
  if (word === undefined) return false;
  parts.push({ kind: 'variable', name, operator, word, line });
  return true;
}

/**
 * The word behind `:-`, up to its closing brace. What the versions of bash read
 * differently here (quotes within quotes, a second brace, a tilde further on) is
 * refused rather than guessed.
 */
function readDefault(reading: Reading, where: Quoting, line: number): Part[] | undefined {
  const { cursor, problems } = reading;
  const parts: Part[] = [];
  const odd = where === 'bare' ? '{()<>|&;\n' : '{()<>|&;\n\\\'"~';
  for (;;) {
    const next = cursor.peek();
    if (next === '}') {
      cursor.take();
      return parts;
    }
    if (next === '' || odd.includes(next) || (next === '~' && where === 'bare')) {
      if (
        where === 'bare' &&
        next === '~' &&
        parts.length === 0 &&
        cursor.text.startsWith('/', cursor.position + 1)
      ) {
        cursor.take();
        parts.push({ kind: 'home', line: cursor.line });
        continue;
      }
      refuse(problems, {
        line,
        message:
          next === '' || next === '\n'
            ? 'The ${ opened here is not closed on its line.'
            : `The default in this \${…} contains ${next}, which is not read here.`,
        hint:
          next === '' || next === '\n'
            ? 'Close it with }, or write \\$ if the $ belongs to the value.'
            : 'Give the default a variable of its own on an earlier line, and use that.',
      });
      return undefined;
    }
    if (where === 'double' && next !== '$' && next !== '`') {
      appendText(parts, cursor.take(), 'double', cursor.line);
    } else if (where === 'double' && next === '$') {
      if (!readDollar(reading, parts, where)) return undefined;
    } else if (!reading.readPiece(reading, parts)) return undefined;
  }
}

function readName({ cursor }: Reading): string {
  let name = '';
  while (/^[A-Za-z0-9_]$/.test(cursor.peek())) name += cursor.take();
  return name;
}

function isNameStart(character: string): boolean {
  return /^[A-Za-z_]$/.test(character);
}

function isOperator(text: string): text is ExpansionOperator {
  return text === '-' || text === ':-' || text === '+' || text === ':+';
}
