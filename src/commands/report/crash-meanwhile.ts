import type { Context, GlobalOptions } from '../../context.ts';
import { findCrashSince, logBytes } from '../../lifecycle/watch/find-crash-since.ts';
import { wrapText } from '../../ui/lines.ts';

/**
 * Runs a command in the guest, and where it fails tells on stderr of the kernel's crash that came
 * meanwhile: a command that such a crash kills ends without a word.
 */
export async function tellingCrash(
  { terminal }: Pick<Context, 'terminal'>,
  { quiet }: Pick<GlobalOptions, 'quiet'>,
  consoleLog: string,
  run: () => Promise<number>,
): Promise<number> {
  const before = await logBytes(consoleLog);
  const status = await run();
  if (status === 0 || quiet) return status;
  const crash = await findCrashSince(consoleLog, before);
  if (crash === undefined) return status;
  const { errColor, symbols, columns } = terminal;
  const [first = '', ...rest] = wrapText(
    `The guest's kernel crashed during this command: ${crash.message}`,
    columns - 2,
  );
  terminal.err(`${errColor.yellow(symbols.warn)} ${first}`);
  for (const line of rest) terminal.err(`  ${line}`);
  terminal.err('  utopia oops shows where and why.');
  return status;
}
