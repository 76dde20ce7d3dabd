import type { Diagnosis } from '../diagnose/diagnosis.ts';
import type { Terminal } from './terminal.ts';

/** What is known of a boot that did not end, for a machine that goes on: somebody may look at its screen. */
export function describeUnendedBoot(
  { what, why, next, lines }: Pick<Diagnosis, 'what' | 'why' | 'next' | 'lines'>,
  { errColor, symbols }: Pick<Terminal, 'errColor' | 'symbols'>,
): string[] {
  return [
    `${errColor.yellow(symbols.warn)} ${what}`,
    `  ${why}`,
    ...lines.map((line) => `  | ${line}`),
    `  ${errColor.bold('Do')}  ${next}`,
    '  The machine goes on meanwhile; its screen may show more.',
  ];
}
