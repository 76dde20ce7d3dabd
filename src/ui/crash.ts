import type { Crash, TraceFrame } from '../crash/crash-event.ts';
import { wrapText } from './lines.ts';
import type { Style, Symbols } from './terminal.ts';

/** How a crash is drawn. */
export interface CrashStyle {
  readonly columns: number;
  readonly color: Style;
  readonly symbols: Symbols;
  /** Every frame on a line of its own, also uncertain ones, and the kernel's own text. */
  readonly verbose: boolean;
  /** Whether a frame tells nothing about the cause. */
  readonly isUninteresting: (frame: TraceFrame) => boolean;
  /** A path as it is shown. */
  readonly shorten: (path: string) => string;
}

/** A crash with its words. */
export interface CrashCard {
  readonly crash: Crash & { readonly repeated: number };
  /** `NULL pointer read in lunix_chrdev_read, module lunix`. */
  readonly headline: string;
  readonly what: string;
  /** One step a line. */
  readonly next: readonly string[];
  /** What else the reader should know: other crashes, lines that were not found. */
  readonly notes: readonly string[];
}

const labelWidth = 7;
const widestPlace = 26;

/** A crash as lines for a person: what and where, the trace, what it means, what to do. */
export function renderCrash(card: CrashCard, style: CrashStyle): string[] {
  const { crash } = card;
  return [
    ...renderHead(card, style),
    ...renderTrace(crash, style),
    ...paragraph('what', card.what, style),
    ...card.next.flatMap((step, index) => paragraph(index === 0 ? 'next' : '', step, style)),
    ...card.notes.flatMap((note, index) => paragraph(index === 0 ? 'note' : '', note, style)),
    ...(style.verbose ? ['', ...crash.text.split('\n').map((line) => `  | ${line}`)] : []),
  ];
}

function renderHead({ crash, headline }: CrashCard, { columns, color }: CrashStyle): string[] {
  const task = crash.task === undefined ? '' : `task ${crash.task}`;
  const pid = crash.task === undefined || crash.pid === undefined ? '' : ` (pid ${crash.pid})`;
  const title = `${headline.slice(0, 1).toUpperCase()}${headline.slice(1)}`;
  const who = crash.kind === 'oom-kill' ? '' : `${task}${pid}`;
  const gap = columns - title.length - who.length;
  const when = [
    crash.time === undefined ? '' : `${crash.time.toFixed(1)} s after the kernel's start`,
    crash.cpu === undefined ? '' : `processor ${crash.cpu}`,
    crash.release === undefined ? '' : `Linux ${crash.release}`,
    crash.repeated > 1 ? `told ${crash.repeated} times` : '',
  ].filter((part) => part !== '');
  const head =
    who === '' || gap < 2
      ? [
          ...wrapText(title, columns).map((line) => color.bold(line)),
          ...(who === '' ? [] : [`  ${who}`]),
        ]
      : [`${color.bold(title)}${' '.repeat(gap)}${who}`];
  const panic =
    crash.panic === undefined || headline.includes(crash.panic)
      ? []
      : [`  ended in a kernel panic: ${crash.panic}`];
  return [
    ...head,
    ...kernelsWords(crash, headline, columns).map((line) => color.dim(line)),
    ...(when.length === 0 ? [] : [color.dim(`  ${when.join(', ')}`)]),
    ...panic.flatMap((line) => wrapText(line, columns - 2).map((part) => `  ${part}`)),
  ];
}

/** Characters that would move the cursor, colour the terminal or turn the line's direction. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** The title of the report as the kernel printed it, on one line; none where the headline says it. */
function kernelsWords({ message }: Crash, headline: string, columns: number): string[] {
  const words = message.replace(unprintable, ' ').trim();
  if (words === '' || headline.includes(words.replace(/^Kernel panic - not syncing: /, ''))) {
    return [];
  }
  return [`  ${clip(words, columns - 2)}`];
}

/** The start of a text, up to a blank where there is one. */
function clip(text: string, width: number): string {
  if (text.length <= width) return text;
  const start = text.slice(0, width - 3);
  const blank = start.lastIndexOf(' ');
  // Half of a character outside the 16-bit range is none.
  const end = blank > 0 ? start.slice(0, blank + 1) : start;
  return `${end.replace(/[\uD800-\uDBFF]$/, '')}...`;
}

interface Row {
  readonly place: string;
  readonly names: string[];
  readonly dim: boolean;
  readonly alone: boolean;
}

function renderTrace(crash: Crash, style: CrashStyle): string[] {
  const rows: Row[] = [];
  for (const frame of withBlamed(crash)) {
    if (frame.uncertain === true && !style.verbose) continue;
    const row = rowOf(frame, crash, style);
    const before = rows.at(-1);
    const joins =
      before !== undefined &&
      !row.alone &&
      !before.alone &&
      before.dim === row.dim &&
      before.place === row.place;
    // A recursion is one name with a number behind it.
    if (before !== undefined && before.alone && row.alone && before.names[0] === row.names[0]) {
      before.names.push(...row.names);
    } else if (joins) before.names.push(...row.names);
    else rows.push(row);
  }
  const width = Math.min(widestPlace, Math.max(0, ...rows.map(({ place }) => place.length)));
  const longest = Math.max(0, ...rows.flatMap((row) => row.names.map((name) => name.length)));
  if (width === 0 || width + 4 + longest <= style.columns) {
    const left = ({ place }: Row): string => (width === 0 ? '  ' : `  ${place.padEnd(width)}  `);
    return rows.flatMap((row) => renderRow(row, left(row), style));
  }
  // Too narrow for two columns: the terminal would break the names.
  return rows.flatMap((row) => [
    ...(row.place === '' ? [] : [`  ${row.place}`]),
    ...renderRow(row, '    ', style),
  ]);
}

/** Reports of stalls name a function that their trace may not hold. */
function withBlamed(crash: Crash): readonly TraceFrame[] {
  const { function: name, offset, size, module, trace } = crash;
  if (name === undefined || trace.some((frame) => frame.function === name)) return trace;
  const { file, line } = crash;
  const source = file === undefined || line === undefined ? {} : { file, line };
  return [{ function: name, offset: offset ?? 0, size: size ?? -1, module, ...source }, ...trace];
}

function rowOf(frame: TraceFrame, crash: Crash, style: CrashStyle): Row {
  const blamed = frame.function === crash.function && frame.offset === crash.offset;
  const dim = !blamed && style.isUninteresting(frame);
  const alone = blamed || frame.module !== undefined || style.verbose;
  // A WARN or BUG names its line itself, also where no object is found.
  const { file, line } = blamed && frame.file === undefined ? crash : frame;
  const path = file === undefined ? '' : style.shorten(file);
  const place = path === '' || !alone ? path : `${path}:${line}`;
  const [inner] = frame.inlined ?? [];
  const mark = frame.uncertain === true ? '? ' : '';
  const offset = alone ? `+0x${frame.offset.toString(16)}` : '';
  const other = frame.module === undefined || frame.module === crash.module;
  const module = other ? '' : ` [${frame.module}]`;
  const inlined = inner === undefined || !alone ? '' : ` (${inner.function} inlined)`;
  const same = inner?.function === frame.function;
  return {
    place: place.length <= widestPlace ? place : (place.split('/').at(-1) ?? place),
    names: [`${mark}${frame.function}${offset}${module}${same ? '' : inlined}`],
    dim,
    alone,
  };
}

function renderRow({ names, dim, alone }: Row, place: string, style: CrashStyle): string[] {
  const dot = ` ${style.symbols.info} `;
  const text = alone
    ? `${names[0]}${names.length > 1 ? `  (${names.length} times)` : ''}`
    : names.join(dot);
  const lines = alone ? [text] : foldNames(names, style.columns - place.length, dot);
  const paint = dim ? style.color.dim : (line: string): string => line;
  return lines.map((line, index) =>
    paint(`${index === 0 ? place : ' '.repeat(place.length)}${line}`.trimEnd()),
  );
}

/** Names with dots between them, broken so that no name is cut. */
function foldNames(names: readonly string[], width: number, dot: string): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + dot.length + name.length <= width) {
      lines[lines.length - 1] = `${last}${dot}${name}`;
    } else lines.push(name);
  }
  return lines;
}

function paragraph(label: string, text: string, { columns }: CrashStyle): string[] {
  return wrapText(text, columns - labelWidth - 2).map(
    (line, index) => `  ${(index === 0 ? label : '').padEnd(labelWidth)}${line}`,
  );
}
