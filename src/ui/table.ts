import { keepEnd, padToWidth, textWidth } from '../text/width.ts';
import { wrapText } from './lines.ts';

/** Blanks between two columns. */
const gap = '  ';
/** What a last column keeps at least: the end of a path says more than its start. */
const leastWidth = 12;

/**
 * Rows of cells as lines, each column as wide as its widest cell. Columns in which
 * every row but the first (the head) is empty are left out. The last column is cut
 * at its start, with `…`, where a line would be wider than `width`. A terminal that has no room
 * for it gets a paragraph a row: the first cell, and below it the others behind their heads.
 */
export function layOutTable(rows: readonly (readonly string[])[], width: number): string[] {
  const [head = []] = rows;
  const shown = head
    .map((_cell, column) => column)
    .filter((column) => rows.length === 1 || rows.slice(1).some((row) => row[column] !== ''));
  const last = shown.at(-1);
  const widths = shown.map((column) =>
    Math.max(...rows.map((row) => textWidth(row[column] ?? ''))),
  );
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + gap.length, 0);
  if (before + leastWidth > width && rows.length > 1) {
    return rows.slice(1).flatMap((row) =>
      layOutParagraph(
        row[shown[0] ?? 0] ?? '',
        shown
          .slice(1)
          .map((column) => [row[column] ?? '', head[column] ?? ''] as const)
          .filter(([cell]) => cell !== '')
          .map(([cell, title]) => `${title.toLowerCase()} ${cell}`),
        width,
      ),
    );
  }
  const room = Math.max(leastWidth, width - before);
  return rows.map((row) =>
    shown
      .map((column, at) =>
        column === last
          ? keepEnd(row[column] ?? '', room)
          : padToWidth(row[column] ?? '', widths[at] ?? 0),
      )
      .join(gap)
      .trimEnd(),
  );
}

/**
 * Rows of cells without a head: of each its line, every column as wide as its widest cell; for a
 * row that is wider than `width` the lines of its first cell, and of the others below it.
 */
export function layOutRows(rows: readonly (readonly string[])[], width: number): string[][] {
  const most = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: most }, (_none, column) =>
    Math.max(0, ...rows.map((row) => textWidth(row[column] ?? ''))),
  );
  return rows.map((row) => {
    const line = row
      .map((cell, column) => padToWidth(cell, widths[column] ?? 0))
      .join(gap)
      .trimEnd();
    if (textWidth(line) <= width) return [line];
    const [first = '', ...rest] = row;
    return layOutParagraph(
      first,
      rest.map((cell) => cell.trim()).filter((cell) => cell !== ''),
      width,
    );
  });
}

/** Cells side by side below the first as long as there is room; one that is too wide breaks at blanks. */
function layOutParagraph(first: string, cells: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const cell of cells) {
    const longer = line === '' ? gap + cell : `${line}${gap}${cell}`;
    if (textWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = wrapText(cell, width - gap.length).map((part) => gap + part);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? '';
  }
  return [first, ...lines, ...(line === '' ? [] : [line])];
}
