import type { Terminal } from './terminal.ts';

/** Something that happened while a machine ran. */
interface WatchedLine {
  readonly level: 'info' | 'warn' | 'fail';
  /** One line or several. */
  readonly text: string;
}

/** It as lines for stderr, the first one with the time; what else there is stands below its text. */
export function describeWatched(
  { level, text }: WatchedLine,
  at: Date,
  { errColor, symbols }: Pick<Terminal, 'errColor' | 'symbols'>,
): string[] {
  const mark = {
    info: '',
    warn: `${errColor.yellow(symbols.warn)} `,
    fail: `${errColor.red(symbols.fail)} `,
  }[level];
  const [first, ...rest] = text.split('\n');
  return [
    `  ${at.toTimeString().slice(0, 8)}  ${mark}${first}`,
    ...rest.map((line) => `            ${line}`),
  ];
}
