import type { Context, GlobalOptions } from '../../context.ts';
import { explainCrash } from '../../crash/explain-crash.ts';
import { crashLine } from '../../crash/headline.ts';
import type { RepeatedCrash } from '../../crash/crash-report.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { locateCrashes, placesOf } from '../../lifecycle/watch/locate-crashes.ts';
import { isFatal } from '../../lifecycle/throwaway/run-verdict.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { wrapText } from '../../ui/lines.ts';
import { crashCards } from '../oops/cards.ts';

/**
 * Explains on stderr what the kernel reported: a card for what it died of, a line for what it
 * survived. `shared` is the folder that the guest saw.
 */
export async function sayCrashes(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  shared: string,
  crashes: readonly RepeatedCrash[],
  consoleLog: string | undefined,
): Promise<void> {
  const { terminal } = context;
  const { errColor, symbols } = terminal;
  const fatal = crashes.filter(isFatal);
  const [first] = fatal;
  if (first !== undefined) {
    const found = await locateCrashes(context, [first], placesOf(located, shared));
    const notes = { all: crashes, before: [], machineGoesOn: false };
    const onErr = { ...context, terminal: { ...terminal, color: errColor } };
    for (const line of crashCards(onErr, globals, found, notes)) terminal.err(line);
  }
  const others = crashes.filter((crash) => crash !== first);
  for (const crash of others.slice(0, 5)) {
    const [line = ''] = crashLine(crash).split('\n');
    terminal.err(`${errColor.yellow(symbols.warn)} ${line}`);
  }
  const [only] = others;
  if (first === undefined && only !== undefined) {
    const { what, next } = explainCrash(only);
    for (const line of wrapText(`${what} ${next}`, terminal.columns - 2)) terminal.err(`  ${line}`);
  }
  if (consoleLog === undefined) return;
  const short = shortenPath(consoleLog, context.cwd, homeFolder(context.env));
  terminal.err(`  Its console is kept: utopia oops --log ${short}`);
}
