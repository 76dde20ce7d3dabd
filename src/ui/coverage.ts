import { layOutTable } from './table.ts';
import { wrapText } from './lines.ts';

/** What is shown of which lines ran. */
export interface ShownCoverage {
  readonly files: readonly {
    readonly file: string;
    readonly lines: number;
    readonly ran: number;
    readonly missed: readonly number[];
  }[];
  readonly lcov: string;
  readonly html: string | null;
}

/** A row a file, with the lines that did not run, and where the whole of it is. */
export function describeCoverage({ files, lcov, html }: ShownCoverage, columns: number): string[] {
  const rows = files.map(({ file, lines, ran, missed }) => [
    file,
    `${ran} of ${lines}`,
    `${Math.floor((100 * ran) / lines)} %`,
    missedRanges(missed),
  ]);
  return [
    '',
    ...layOutTable([['FILE', 'RAN', '', 'NOT RUN'], ...rows], columns),
    ...wrapText(html === null ? lcov : `${html} and ${lcov}`, columns),
  ];
}

/** What fits a terminal; lcov.info has them all. */
const mostRanges = 5;

/** `12-14, 20`. Pure. */
export function missedRanges(missed: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const line of missed) {
    const last = ranges.at(-1);
    if (last !== undefined && line === last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  const shown = ranges
    .slice(0, mostRanges)
    .map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
  return [...shown, ...(ranges.length > mostRanges ? ['…'] : [])].join(', ');
}
