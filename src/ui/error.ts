import { UtopiaError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** Prints an error as its reader needs it: what happened, evidence, one next step. */
export function printError(terminal: Terminal, error: unknown, verbose: boolean): void {
  const { errColor: color, symbols } = terminal;
  if (error instanceof UtopiaError) {
    terminal.err(`${color.red(symbols.fail)} ${error.message}`);
    for (const line of error.details) terminal.err(`  ${line}`);
    if (error.hint !== undefined) {
      const [first = '', ...rest] = error.hint.split('\n');
      terminal.err(`  ${color.bold('Do')}  ${first}`);
      for (const line of rest) terminal.err(`      ${line}`);
    }
    if (verbose && error.cause !== undefined) terminal.err(describeThrown(error.cause));
    return;
  }
  terminal.err(`${color.red(symbols.fail)} utopia has a bug: ${firstLine(error)}`);
  terminal.err(describeThrown(error));
  terminal.err('  Please report this with the lines above and the command you typed.');
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function describeThrown(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
