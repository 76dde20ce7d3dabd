import { stat } from 'node:fs/promises';
import type { Context, GlobalOptions } from '../../context.ts';
import { crashSeverity } from '../../crash/headline.ts';
import { scanCrashes } from '../../crash/scanner.ts';
import type { Crash } from '../../crash/types.ts';
import { readTail } from '../../guest/file-tail.ts';
import { wrapText } from '../../ui/lines.ts';

/** What is read of what a guest has printed while a command ran: its crash was the last thing or the first of many. */
const mostBytes = 1024 * 1024;

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
  const before = await sizeOf(consoleLog);
  const status = await run();
  if (status === 0 || quiet) return status;
  const crash = await findCrash(consoleLog, before);
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

/** The first crash behind this byte of the log; warnings, after which the kernel goes on, are none. */
async function findCrash(consoleLog: string, fromByte: number): Promise<Crash | undefined> {
  const length = Math.min(mostBytes, (await sizeOf(consoleLog)) - fromByte);
  if (length <= 0) return undefined;
  const tail = await readTail(consoleLog, length);
  if (tail === undefined) return undefined;
  const scanner = scanCrashes();
  const crashes = [...scanner.read(tail.bytes), ...scanner.finish()];
  return crashes.find((crash) => crashSeverity(crash) !== 'survived');
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
