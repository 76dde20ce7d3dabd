import { relative } from 'node:path';
import { countOf, formatDuration } from '../text/format.ts';
import { showInLine } from '../text/harmless.ts';
import { isBelow } from '../text/is-below.ts';
import { shortenForShell } from '../text/shorten-path.ts';
import { keepStart } from '../text/width.ts';
import { foldLine } from './lines.ts';
import type { Terminal } from './terminal.ts';

/** What is shown of a step of a bisection. */
export interface ShownStep {
  readonly verdict: 'good' | 'bad' | 'skip' | 'stop';
  readonly number: number;
  readonly bisection: {
    readonly commit: string;
    readonly subject: string;
    /** What the user calls the two kinds of commits. */
    readonly terms: { readonly good: string; readonly bad: string };
    /** Tracked files that differ from the commit. */
    readonly changed: readonly string[];
  };
  readonly ms: number;
  readonly why?: string | undefined;
  /** Set where an error says why, which is printed by itself. */
  readonly trouble: Error | undefined;
  /** Options that are other ones than the step was given. */
  readonly changes: readonly { readonly option: string }[];
  /** Absolute. */
  readonly log: string;
  /** The console of a copy that crashed; null without one. */
  readonly consoleLog: string | null;
}

/** How many of the options that changed have their names in the line below a step's. */
const shownOptions = 4;

/**
 * `✓ 3 1a2b3c4d5e6f good, 52 s: mm: say what is wrong`, and why where it is not good: lines for
 * stderr. Paths are shown from `cwd` and `home` on.
 */
export function describeBisectStep(
  step: ShownStep,
  { errColor, symbols, columns }: Pick<Terminal, 'errColor' | 'symbols' | 'columns'>,
  { cwd, home }: { readonly cwd: string; readonly home: string },
): string[] {
  const { verdict, number, bisection, ms, why, trouble, log, changes, consoleLog } = step;
  const { terms, subject, commit, changed } = bisection;
  const mark = {
    good: errColor.green(symbols.ok),
    bad: errColor.red(symbols.fail),
    skip: errColor.yellow(symbols.warn),
    stop: errColor.yellow(symbols.warn),
  }[verdict];
  const called = { ...terms, skip: 'skipped', stop: 'stopped' }[verdict];
  const head = `${number} ${commit.slice(0, 12)} ${showInLine(called)}, ${formatDuration(ms)}`;
  const named = showInLine(subject);
  const isShort = columns < head.length + 30;
  const say = (text: string): string[] =>
    foldLine(showInLine(text), columns - 3).map((line) => `  ${line}`);
  const place = isBelow(cwd, log) ? relative(cwd, log) : log;
  return [
    `${mark} ${isShort ? head : keepStart(`${head}: ${named}`, columns - 3)}`,
    ...(isShort ? say(keepStart(named, columns - 3)) : []),
    ...(why !== undefined && trouble === undefined ? say(why) : []),
    ...(changed.length > 0
      ? say(`Tested with ${countOf(changed.length, 'changed file')} of yours: git status`)
      : []),
    ...(changes.length > 0 ? say(nameOptions(changes)) : []),
    ...(verdict === 'good' ? [] : [`  log: ${place}`]),
    ...(consoleLog === null
      ? []
      : [`  crash: utopia oops --log ${shortenForShell(consoleLog, cwd, home)}`]),
  ];
}

function nameOptions(changes: ShownStep['changes']): string {
  const names = changes.slice(0, shownOptions).map(({ option }) => option);
  const rest = changes.length - names.length;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `${countOf(changes.length, 'option')} by olddefconfig: ${names.join(' ')}${more}`;
}
