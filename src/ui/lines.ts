/**
 * Breaks text into lines of at most `width` columns at blanks; words longer than
 * that (a path, a command) stay whole. Every line after the first starts with
 * `indent`.
 */
export function wrapText(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line === '') line = lines.length === 0 ? word : indent + word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/**
 * A sentence for a stream: broken at blanks on a terminal that is narrower, whole for a program
 * that reads it.
 */
export function foldFor(
  stream: { readonly isTTY?: boolean | undefined },
  sentence: string,
  width: number,
): string[] {
  return stream.isTTY === true ? foldLine(sentence, width) : [sentence];
}

/** Columns to lay a table out for: a terminal's, and as many as it takes for a program that reads it. */
export function widthFor(
  stream: { readonly isTTY?: boolean | undefined },
  columns: number,
): number {
  return stream.isTTY === true ? columns : Infinity;
}

/**
 * A line as it is when it fits, else broken at blanks; what follows is indented to
 * stand below the text behind a short label (`Why  The disk …`). Lines that quote
 * something (`| …`) are never broken.
 */
export function foldLine(line: string, width: number): string[] {
  if (line.length <= width || line.startsWith('|')) return [line];
  const label = /^(?:(?:Why|By|Logs|or) +|\s*)/.exec(line)?.[0] ?? '';
  const [first = '', ...rest] = wrapText(line.slice(label.length), width - label.length);
  return [label + first, ...rest.map((part) => ' '.repeat(label.length) + part)];
}
