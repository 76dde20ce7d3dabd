import type { Context, GlobalOptions } from '../../context.ts';
import { explainCrash } from '../../crash/explain.ts';
import { isUninteresting } from '../../crash/frames.ts';
import { crashAftermath, crashHeadline } from '../../crash/headline.ts';
import type { RepeatedCrash } from '../../crash/report.ts';
import type { FoundLines } from '../../lifecycle/watch/locate-crashes.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { renderCrash } from '../../ui/crash.ts';
import { describeBuilds, describeOthers, describeMissingLines } from './notes.ts';

/** What stands around the cards. */
export interface CardSurroundings {
  /** All crashes of the log: the others of the same boot are mentioned. */
  readonly all: readonly RepeatedCrash[];
  /** Notes of the first card, before its own. */
  readonly before: readonly string[];
  /** Somebody goes on with the machine, and is told how. */
  readonly machineGoesOn: boolean;
}

/** Crashes as lines for a person, a card each. */
export function crashCards(
  context: Context,
  globals: GlobalOptions,
  found: FoundLines,
  { all, before, machineGoesOn }: CardSurroundings,
): string[] {
  const short = (path: string): string => shortenPath(path, context.cwd, homeFolder(context.env));
  const { columns, color, symbols } = context.terminal;
  const style = {
    columns,
    color,
    symbols,
    verbose: globals.verbose,
    isUninteresting,
    shorten: short,
  };
  return found.crashes.flatMap((crash, index) => {
    const { what, next } = explainCrash(crash);
    const notes = [
      ...(index === 0 ? [...before, ...describeOthers(found.crashes, all)] : []),
      ...describeMissingLines(crash, found, short),
      ...describeBuilds(crash, found.builds, short),
    ];
    const aftermath = machineGoesOn ? crashAftermath(crash) : '';
    const steps = [lookAt(crash, next, short), ...(aftermath === '' ? [] : [aftermath])];
    const card = { crash, headline: crashHeadline(crash), what, next: steps, notes };
    return [...(index > 0 ? [''] : []), ...renderCrash(card, style)];
  });
}

/** The step with the line to look at before it, when the line is known. */
function lookAt(crash: RepeatedCrash, next: string, short: (path: string) => string): string {
  const known = crash.file !== undefined && crash.line !== undefined;
  const place = known ? `${short(crash.file)}, line ${crash.line}` : crash.function;
  if (next === '') {
    return place === undefined
      ? 'utopia oops --verbose shows what the kernel printed.'
      : `Look at ${place}, and at what it takes for granted.`;
  }
  return known ? `Look at ${place}. ${next}` : next;
}
