import { relative } from 'node:path';
import type { Context, GlobalOptions } from '../../context.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { printError } from '../../ui/error.ts';
import type { CopyResult } from '../../lifecycle/throwaway/in-copy.ts';

/** Says on stderr where the machine is that a copy became, how to start it, or why there is none. */
export function sayKept(
  { cwd, terminal }: Context,
  globals: GlobalOptions,
  { report, unsettled, keepFailure }: CopyResult,
): void {
  const { errColor, symbols } = terminal;
  if (keepFailure !== undefined) printError(terminal, keepFailure, globals.verbose);
  if (report.kept === null || globals.quiet || globals.json) return;
  const below = relative(cwd, report.kept);
  const place = below.startsWith('..') ? report.kept : below;
  terminal.err(`${errColor.green(symbols.ok)} The copy is a machine now: ${place}`);
  if (unsettled) {
    terminal.err('  Its guest could not write back what it held: its disk is as after a');
    terminal.err('  power cut.');
  }
  terminal.errWhole(`  cd ${quoteForShell(place)} && utopia up`);
}
