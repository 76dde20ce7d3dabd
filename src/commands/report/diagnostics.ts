import { join, relative } from 'node:path';
import type { Diagnostic } from '../../lifecycle/module/module-build.ts';
import { foldFor } from '../../ui/lines.ts';
import type { Context } from '../../context.ts';

/** Of each command's; JSON has more. */
const shown = 20;

/**
 * Warnings on stderr, a line each as compilers have it, files from the current folder on; errors
 * stand in the error that ends the command. `folder` is the module's, absolute.
 */
export function sayDiagnostics(
  { terminal, cwd }: Pick<Context, 'terminal' | 'cwd'>,
  folder: string,
  diagnostics: readonly Diagnostic[],
): void {
  const warnings = diagnostics.filter(({ level }) => level === 'warning');
  const mark = terminal.errColor.yellow(terminal.symbols.warn);
  const { stderr, columns } = terminal;
  for (const { file, line, column, message } of warnings.slice(0, shown)) {
    const name = file === null || file.startsWith('/') ? file : relative(cwd, join(folder, file));
    const place = [name, line, column].filter((part) => part !== null).join(':');
    const text = `${place === '' ? '' : `${place}: `}${message}`;
    for (const [at, part] of foldFor(stderr, text, columns - 2).entries()) {
      terminal.err(`${at === 0 ? mark : ' '} ${part}`);
    }
  }
  const more = warnings.length - shown;
  if (more > 0) terminal.err(`  and ${more} more`);
}
