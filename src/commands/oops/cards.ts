import type { Context, GlobalOptions } from '../../context.ts';
import { describeCrashes, type CrashSurroundings } from '../../crash/describe-crashes.ts';
import { isUninteresting } from '../../crash/frames.ts';
import type { FoundLines } from '../../lifecycle/watch/locate-crashes.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { renderCrash } from '../../ui/crash.ts';

/** Crashes as lines for a person, a card each. */
export function crashCards(
  { terminal, cwd, env }: Context,
  { verbose }: GlobalOptions,
  found: FoundLines,
  surroundings: CrashSurroundings,
): string[] {
  const shorten = (path: string): string => shortenPath(path, cwd, homeFolder(env));
  const { columns, color, symbols } = terminal;
  const style = { columns, color, symbols, verbose, isUninteresting, shorten };
  return describeCrashes(found, surroundings, shorten).flatMap((card, index) => [
    ...(index > 0 ? [''] : []),
    ...renderCrash(card, style),
  ]);
}
