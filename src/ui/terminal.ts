import { randomInt } from 'node:crypto';
import { Chalk } from 'chalk';
import type { Environment } from '../environment.ts';
import { showControls, stringifyHarmlessly } from '../text/harmless.ts';
import { fitLine } from './fit-line.ts';

/** Marks before a line. Colour carries nothing that they and the words do not. */
export interface Symbols {
  readonly ok: string;
  readonly warn: string;
  readonly fail: string;
  readonly info: string;
}

const fancySymbols: Symbols = { ok: '✓', warn: '!', fail: '✗', info: '·' };
const plainSymbols: Symbols = { ok: 'ok', warn: '!', fail: 'x', info: '-' };

const styleNames = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const;

/** Marks text with a colour or a weight; at level 0 it gives the text as it is. */
export type Style = { readonly level: number } & {
  readonly [name in (typeof styleNames)[number]]: (text: string) => string;
};

/**
 * Where a command speaks: results on `out` (stdout), progress and warnings on
 * `err` (stderr). Whole lines; the newline is added. On a terminal that is too narrow for a line
 * it is broken between words, and never for a program. Here foreign text is made harmless: of all control characters only newline, tab and the sequences of
 * `color` and `errColor` act, whatever a guest, a file or a name holds.
 */
export interface Terminal {
  out(line?: string): void;
  err(line?: string): void;
  /** The same without a break: for a path or a command that is copied, and for another's text. */
  outWhole(line: string): void;
  errWhole(line: string): void;
  /** A value as JSON on stdout, on one line or indented; what reads it gets the value unchanged. */
  json(value: unknown, indent?: number): void;
  /** Text made harmless as `out` and `err` do it, for those who write to a stream themselves. */
  shown(text: string): string;
  /** Colours for stdout and for stderr; without a terminal, or with NO_COLOR, they colour nothing. */
  readonly color: Style;
  readonly errColor: Style;
  readonly symbols: Symbols;
  /** Somebody can answer a question: stdin and stderr are terminals. */
  readonly interactive: boolean;
  /** stderr is a terminal that can redraw a line. */
  readonly animated: boolean;
  /** Width to lay text out for: the terminal's, at most 80, 80 without one. */
  readonly columns: number;
  readonly stdin: NodeJS.ReadStream;
  /** The streams as they are: for a command's own bytes, which pass unchanged. */
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The terminal that this process was started in. */
export function openTerminal(streams: Streams, env: Environment): Terminal {
  const { stdout, stderr } = streams;
  const utf8 = speaksUtf8(env);
  const dumb = env['TERM'] === 'dumb';
  const mark = chooseMark();
  const shown = (text: string): string => showControls(text).replaceAll(mark, escape);
  return {
    out: (line = '') => void stdout.write(`${fit(shown(line), stdout)}\n`),
    err: (line = '') => void stderr.write(`${fit(shown(line), stderr)}\n`),
    outWhole: (line) => void stdout.write(`${shown(line)}\n`),
    errWhole: (line) => void stderr.write(`${shown(line)}\n`),
    json: (value, indent) => void stdout.write(`${stringifyHarmlessly(value, indent)}\n`),
    shown,
    color: markedStyle(colorLevel(stdout, env), mark),
    errColor: markedStyle(colorLevel(stderr, env), mark),
    symbols: utf8 ? fancySymbols : plainSymbols,
    get interactive() {
      return isTerminal(streams.stdin) && isTerminal(stderr);
    },
    animated: isTerminal(stderr) && !dumb && env['CI'] === undefined && !refusesColor(env),
    // A pseudo-terminal that nobody gave a size has 0 columns.
    columns: Math.min(stderr.columns || 80, 80),
    // Opened when somebody is asked: a command that asks nothing need not wait for it.
    get stdin() {
      return streams.stdin;
    },
    stdout,
    stderr,
  };
}

/** Lines for a stream; a pseudo-terminal that nobody gave a size has no width to fit. */
function fit(text: string, stream: NodeJS.WriteStream): string {
  const { columns } = stream;
  if (!isTerminal(stream) || !columns) return text;
  return text
    .split('\n')
    .flatMap((line) => fitLine(line, columns))
    .join('\n');
}

const escape = '\u001B';

/**
 * What stands for ESC in styled text until it is written: of private use and drawn anew for
 * each process, so that no foreign text can hold it (one guess in four thousand million).
 */
function chooseMark(): string {
  return String.fromCodePoint(privateUse(), privateUse());
}

/** A code point of plane 16, all of which is for private use. */
function privateUse(): number {
  return randomInt(0x10_00_00, 0x10_ff_fe);
}

/** chalk's styles, with `mark` instead of ESC; what they style cannot bring sequences of its own. */
function markedStyle(level: 0 | 1, mark: string): Style {
  const chalk = new Chalk({ level });
  const entries = styleNames.map(
    (name) =>
      [
        name,
        level === 0
          ? (text: string) => text
          : (text: string) => chalk[name](showControls(text)).replaceAll(escape, mark),
      ] as const,
  );
  return { level, ...(Object.fromEntries(entries) as Omit<Style, 'level'>) };
}

function isTerminal(stream: { readonly isTTY?: boolean | undefined }): boolean {
  // Node's types promise a boolean; in a pipe it is undefined.
  return stream.isTTY === true;
}

/** NO_COLOR of no-color.org: what is drawn with escape sequences of its own is not wanted either. */
function refusesColor(env: Environment): boolean {
  return env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
}

/** NO_COLOR, FORCE_COLOR as chalk reads it, else 16 colours on a terminal. */
function colorLevel(stream: NodeJS.WriteStream, env: Environment): 0 | 1 {
  if (refusesColor(env)) return 0;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] === '0' ? 0 : 1;
  if (env['TERM'] === 'dumb') return 0;
  return isTerminal(stream) ? 1 : 0;
}

/** Whether the locale is UTF-8. The Linux console draws the marks too, but its fonts often do not. */
function speaksUtf8(env: Environment): boolean {
  if (env['TERM'] === 'linux' || env['TERM'] === 'dumb') return false;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale);
}
