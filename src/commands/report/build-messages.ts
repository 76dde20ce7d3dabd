import type { Context } from '../../context.ts';
import type { BuildMessage, BuildSummary } from '../../kernel/build-output.ts';
import { describeMessage } from '../../lifecycle/kernel/build-kernel.ts';
import { countOf } from '../../text/format.ts';

/** A message of a build as `--json` prints it. */
export function withoutMore({ file, line, message }: BuildMessage): object {
  return { file, line, message };
}

const shownWarnings = 20;

/** The warnings of a build, on stderr: the first of them, and how many more there are. */
export function sayWarnings(
  { terminal }: Context,
  { warnings, warningCount }: Pick<BuildSummary, 'warnings' | 'warningCount'>,
): void {
  for (const warning of warnings.slice(0, shownWarnings)) {
    terminal.err(`${terminal.errColor.yellow(terminal.symbols.warn)} ${describeMessage(warning)}`);
  }
  if (warningCount > shownWarnings) {
    terminal.err(`  and ${countOf(warningCount - shownWarnings, 'more warning')}`);
  }
}
