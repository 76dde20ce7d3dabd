import type { Diagnostic } from '../../lifecycle/module/types.ts';
import type { Terminal } from '../../ui/terminal.ts';

/** Of each command's; JSON has more. */
const shown = 20;

/** Warnings on stderr, a line each as compilers have it; errors stand in the error that ends the command. */
export function sayDiagnostics(terminal: Terminal, diagnostics: readonly Diagnostic[]): void {
  const warnings = diagnostics.filter(({ level }) => level === 'warning');
  const mark = terminal.errColor.yellow(terminal.symbols.warn);
  for (const { file, line, column, message } of warnings.slice(0, shown)) {
    const place = [file, line, column].filter((part) => part !== null).join(':');
    terminal.err(`${mark} ${place === '' ? '' : `${place}: `}${message}`);
  }
  const more = warnings.length - shown;
  if (more > 0) terminal.err(`  and ${more} more`);
}
