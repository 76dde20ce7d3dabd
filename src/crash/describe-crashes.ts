import type { KernelBuild } from '../kernel/build-store.ts';
import { describeBuilds, describeMissingLines, describeOthers } from './card-notes.ts';
import { explainCrash } from './explain-crash.ts';
import { crashAftermath, crashHeadline } from './headline.ts';
import type { LocatedCrashes } from './locate-lines.ts';
import type { RepeatedCrash } from './crash-report.ts';

/** What stands around crashes that are explained. */
export interface CrashSurroundings {
  /** All crashes of the log: the others of the same boot are mentioned. */
  readonly all: readonly RepeatedCrash[];
  /** Notes of the first crash, before its own. */
  readonly before: readonly string[];
  /** Somebody goes on with the machine, and is told how. */
  readonly machineGoesOn: boolean;
}

/** A crash in words. */
export interface DescribedCrash {
  readonly crash: RepeatedCrash;
  readonly headline: string;
  readonly what: string;
  /** One step a line. */
  readonly next: readonly string[];
  /** What else the reader should know: other crashes, lines that were not found. */
  readonly notes: readonly string[];
}

/** What is said of each of these crashes; `short` gives a path as it is shown. Pure. */
export function describeCrashes(
  found: Omit<LocatedCrashes, 'crashes'> & {
    readonly crashes: readonly RepeatedCrash[];
    readonly builds: readonly KernelBuild[];
  },
  { all, before, machineGoesOn }: CrashSurroundings,
  short: (path: string) => string,
): DescribedCrash[] {
  return found.crashes.map((crash, index) => {
    const { what, next } = explainCrash(crash);
    const notes = [
      ...(index === 0 ? [...before, ...describeOthers(found.crashes, all)] : []),
      ...describeMissingLines(crash, found, short),
      ...describeBuilds(crash, found.builds, short),
    ];
    const aftermath = machineGoesOn ? crashAftermath(crash) : '';
    const steps = [lookAt(crash, next, short), ...(aftermath === '' ? [] : [aftermath])];
    return { crash, headline: crashHeadline(crash), what, next: steps, notes };
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
