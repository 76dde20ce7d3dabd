import { relative } from 'node:path';
import { isBelow } from '../text/is-below.ts';

/** Which lines of a source ran. */
export interface FileCoverage {
  /** Relative to the module's folder. */
  readonly file: string;
  /** Lines with code, by their number: how often each ran. */
  readonly lines: ReadonlyMap<number, number>;
}

/** Of a run of gcov. */
const mostFiles = 500;
const mostLines = 200_000;

const sourceLine = /^ +-: {4}0:Source:(.+)$/;
const countedLine = /^ *(\d{1,15}\*?|#####|=====): *(\d{1,9}):/;

/**
 * Reads what `gcov --stdout` prints, line by line: a head for each source, and its lines with how
 * often each ran. Sources beside the module's, such as the kernel's headers, are left out; one that
 * several objects were built of is told of once.
 */
export function createGcovReader(folder: string): {
  readonly take: (line: string) => void;
  readonly files: () => readonly FileCoverage[];
} {
  const found = new Map<string, Map<number, number>>();
  let lines: Map<number, number> | undefined;
  let total = 0;
  return {
    take: (line) => {
      const source = sourceLine.exec(line)?.[1];
      if (source !== undefined) {
        const path = source.startsWith('/') ? source : `${folder}/${source}`;
        const name = isBelow(folder, path) ? relative(folder, path) : '';
        lines = name === '' ? undefined : found.get(name);
        if (name === '' || lines !== undefined || found.size >= mostFiles) return;
        lines = new Map();
        found.set(name, lines);
        return;
      }
      const [, count = '', number = ''] = countedLine.exec(line) ?? [];
      if (lines === undefined || number === '' || total >= mostLines) return;
      total += 1;
      const ran = /^\d/.test(count) ? Number.parseInt(count, 10) : 0;
      lines.set(Number(number), (lines.get(Number(number)) ?? 0) + ran);
    },
    files: () =>
      [...found]
        .filter(([, each]) => each.size > 0)
        .map(([file, each]) => ({ file, lines: each }))
        .toSorted((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

/** A file as `utopia module test --json` has it. */
export interface CoverageSummary {
  readonly file: string;
  /** Lines with code, and those of them that ran. */
  readonly lines: number;
  readonly ran: number;
  /** Numbers of those that did not. */
  readonly missed: readonly number[];
}

/** Pure. */
export function summarizeCoverage({ file, lines }: FileCoverage): CoverageSummary {
  const missed = [...lines].flatMap(([line, count]) => (count === 0 ? [line] : []));
  missed.sort((a, b) => a - b);
  return { file, lines: lines.size, ran: lines.size - missed.length, missed };
}

/** The same as lcov's tracefile (geninfo(1)), with absolute paths. Pure. */
export function lcovText(folder: string, files: readonly FileCoverage[]): string {
  return files
    .flatMap((each) => {
      const { ran, lines } = summarizeCoverage(each);
      const counts = [...each.lines].toSorted(([a], [b]) => a - b);
      return [
        ...['TN:', `SF:${folder}/${each.file}`],
        ...counts.map(([line, count]) => `DA:${line},${count}`),
        ...[`LF:${lines}`, `LH:${ran}`, 'end_of_record', ''],
      ];
    })
    .join('\n');
}
