import { Chalk, type ChalkInstance } from 'chalk';
import type { Environment } from '../context.ts';

/** Marks before a line. Colour carries nothing that they and the words do not. */
export interface Symbols {
  readonly ok: string;
  readonly warn: string;
  readonly fail: string;
  readonly info: string;
}

const fancySymbols: Symbols = { ok: '✓', warn: '!', fail: '✗', info: '·' };
const plainSymbols: Symbols = { ok: 'ok', warn: '!', fail: 'x', info: '-' };

/**
 * Where a command speaks: results on `out` (stdout), progress and warnings on
 * `err` (stderr). Whole lines; the newline is added.
 */
export interface Terminal {
  out(line?: string): void;
  err(line?: string): void;
  /** Colours for stdout and for stderr; without a terminal, or with NO_COLOR, they colour nothing. */
  readonly color: ChalkInstance;
  readonly errColor: ChalkInstance;
  readonly symbols: Symbols;
  /** Somebody can answer a question: stdin and stderr are terminals. */
  readonly interactive: boolean;
  /** stderr is a terminal that can redraw a line. */
  readonly animated: boolean;
  /** Width to lay text out for: the terminal's, at most 80, 80 without one. */
  readonly columns: number;
  readonly stdin: NodeJS.ReadStream;
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
  return {
    out: (line = '') => void stdout.write(`${line}\n`),
    err: (line = '') => void stderr.write(`${line}\n`),
    color: new Chalk({ level: colorLevel(stdout, env) }),
    errColor: new Chalk({ level: colorLevel(stderr, env) }),
    symbols: utf8 ? fancySymbols : plainSymbols,
    get interactive() {
      return isTerminal(streams.stdin) && isTerminal(stderr);
    },
    animated: isTerminal(stderr) && !dumb && env['CI'] === undefined,
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

function isTerminal(stream: { readonly isTTY?: boolean | undefined }): boolean {
  // Node's types promise a boolean; in a pipe it is undefined.
  return stream.isTTY === true;
}

/** NO_COLOR (no-color.org), FORCE_COLOR as chalk reads it, else 16 colours on a terminal. */
function colorLevel(stream: NodeJS.WriteStream, env: Environment): 0 | 1 {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return 0;
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
