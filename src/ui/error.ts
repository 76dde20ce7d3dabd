import { UtopiaError, messageOf } from '../errors.ts';
import { foldFor, foldLine, wrapText } from './lines.ts';
import type { Terminal } from './terminal.ts';

/** `lunix.c:12:5: …`. */
const isPlace = /^[^\s:]+:\d+(?::\d+)?: /;

/** Prints an error as its reader needs it: what happened, evidence, one next step. */
export function printError(terminal: Terminal, error: unknown, verbose: boolean): void {
  const { errColor: color, symbols } = terminal;
  if (error instanceof UtopiaError) {
    const [first = '', ...rest] = wrapText(error.message, terminal.columns - 2);
    terminal.err(`${color.red(symbols.fail)} ${first}`);
    for (const line of rest) terminal.err(`  ${line}`);
    const fold = (each: string): string[] =>
      // Editors and scripts look for a compiler's line, whole.
      isPlace.test(each)
        ? foldFor(terminal.stderr, each, terminal.columns - 2)
        : foldLine(each, terminal.columns - 2);
    for (const line of error.details.flatMap(fold)) {
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
