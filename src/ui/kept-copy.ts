import { relative } from 'node:path';
import type { UtopiaError } from '../errors.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { printError } from './error.ts';
import type { Terminal } from './terminal.ts';

/** What became of a copy that was to be a machine. */
interface KeptCopy {
  /** The machine's folder, absolute; null where it was not kept. */
  readonly kept: string | null;
  /** Its guest did not write back what it held. */
  readonly unsettled: boolean;
  readonly keepFailure?: UtopiaError | undefined;
}

/** Says on stderr where the machine is that a copy became, how to start it, or why there is none. */
export function sayKept(
  terminal: Terminal,
  cwd: string,
  { verbose, silent }: { readonly verbose: boolean; readonly silent: boolean },
  { kept, unsettled, keepFailure }: KeptCopy,
): void {
  const { errColor, symbols } = terminal;
  if (keepFailure !== undefined) printError(terminal, keepFailure, verbose);
  if (kept === null || silent) return;
  const below = relative(cwd, kept);
  const place = below.startsWith('..') ? kept : below;
  terminal.err(`${errColor.green(symbols.ok)} The copy is a machine now: ${place}`);
  if (unsettled) {
    terminal.err('  Its guest could not write back what it held: its disk is as after a');
    terminal.err('  power cut.');
  }
  terminal.errWhole(`  cd ${quoteForShell(place)} && utopia up`);
}
