import { keepEnd, padToWidth, textWidth } from '../text/width.ts';

/** Blanks between two columns. */
const gap = '  ';
/** What a last column keeps at least: the end of a path says more than its start. */
const leastWidth = 12;

/**
 * Rows of cells as lines, each column as wide as its widest cell. Columns in which
 * every row but the first (the head) is empty are left out. The last column is cut
 * at its start, with `…`, where a line would be wider than `width`.
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
