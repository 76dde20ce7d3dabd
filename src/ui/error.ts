import { UtopiaError, messageOf } from '../errors.ts';
import { foldLine, wrapText } from './lines.ts';
import type { Terminal } from './terminal.ts';

/** Prints an error as its reader needs it: what happened, evidence, one next step. */
export function printError(terminal: Terminal, error: unknown, verbose: boolean): void {
  const { errColor: color, symbols } = terminal;
  if (error instanceof UtopiaError) {
    const [first = '', ...rest] = wrapText(error.message, terminal.columns - 2);
    terminal.err(`${color.red(symbols.fail)} ${first}`);
    for (const line of rest) terminal.err(`  ${line}`);
    for (const line of error.details.flatMap((each) => foldLine(each, terminal.columns - 2))) {
      terminal.err(`  ${line}`);
    }
    const label = color.bold('Do');
    const steps = error.hint?.split('\n').flatMap((each) => foldLine(each, terminal.columns - 6));
    for (const [index, line] of (steps ?? []).entries()) {
      terminal.err(index === 0 ? `  ${label}  ${line}` : `      ${line}`);
    }
    if (verbose && error.cause !== undefined) terminal.err(describeThrown(error.cause));
    return;
  }
  terminal.err(`${color.red(symbols.fail)} utopia has a bug: ${firstLine(error)}`);
  terminal.err(describeThrown(error));
  terminal.err('  Please report this with the lines above and the command you typed.');
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? '';
}

function describeThrown(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
