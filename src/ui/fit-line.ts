import { stripVTControlCharacters } from 'node:util';

/** Blanks, and a mark or a label behind them: below what stands there a line goes on. */
const head = /^ *(?:(?:[✓✗!·x-]|ok) +|\S{1,14}(?: \S{1,10})? {2,}(?=\S))?/u;

/**
 * A line for a terminal of so many columns: where it is longer, it is broken at blanks, or in a
 * path behind a slash, and goes on below its text. The terminal would break it within a word.
 * What quotes somebody else (`| …`) and what is laid out by tabs stays whole.
 */
export function fitLine(line: string, columns: number): string[] {
  // A colour or a weight takes no column.
  const plain = stripVTControlCharacters(line);
  if (plain.length <= columns || /^ *\|/.test(plain) || plain.includes('\t')) return [line];
  const indent = indentOf(plain, columns);
  const lines: string[] = [];
  let current = '';
  let width = 0;
  for (const [, gap = '', word = ''] of line.matchAll(/( *)([^ ]+)/g)) {
    for (const [at, part] of breakPath(word, columns - indent).entries()) {
      const blanks = at === 0 ? gap : '';
      const partWidth = stripVTControlCharacters(part).length;
      const isFirst = width === 0 || (lines.length > 0 && width === indent);
      if (!isFirst && width + blanks.length + partWidth > columns) {
        lines.push(current);
        current = ' '.repeat(indent) + part;
        width = indent + partWidth;
      } else {
        current += blanks + part;
        width += blanks.length + partWidth;
      }
    }
  }
  return [...lines, current];
}

/** Where a line goes on; a label that takes half of the terminal is none. */
function indentOf(plain: string, columns: number): number {
  const leading = plain.length - plain.trimStart().length;
  const text = head.exec(plain)?.[0].length ?? 0;
  return [text, leading].find((width) => width <= columns / 2) ?? 0;
}

/** A path that is wider than the room for it, in parts that fit; any other word, an address too, as it is. */
export function breakPath(word: string, room: number): string[] {
  if (word.length <= room || word.includes('://')) return [word];
  const parts: string[] = [];
  for (const part of word.split(/(?<=\/)/)) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + part.length <= room)
      parts[parts.length - 1] = last + part;
    else parts.push(part);
  }
  return parts;
}
