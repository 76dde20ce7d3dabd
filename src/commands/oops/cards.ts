import type { Context, GlobalOptions } from '../../context.ts';
import { explainCrash } from '../../crash/explain.ts';
import { isUninteresting } from '../../crash/frames.ts';
import { crashAftermath, crashHeadline } from '../../crash/headline.ts';
import { locateLines, type LocatedCrashes } from '../../crash/locate-lines.ts';
import type { RepeatedCrash } from '../../crash/report.ts';
import { listBuilds, type KernelBuild } from '../../kernel/build-store.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { renderCrash } from '../../ui/crash.ts';
import { withHostPaths } from './host-paths.ts';
import { describeBuilds, describeOthers, describeMissingLines } from './notes.ts';

/** Where the objects of crashed code may lie. Paths are absolute. */
export interface CrashPlaces {
  /** The kernel with debug information, if somebody named it. */
  readonly vmlinux: string | undefined;
  readonly sharedDir: string;
  /** The machine's own folder. */
  readonly folder: string;
}

/** Crashes with the lines that were found for them, their files as the host has them. */
export type FoundLines = Omit<LocatedCrashes, 'crashes'> & {
  readonly crashes: readonly RepeatedCrash[];
  /** Kernels of utopia kernel build that have the release of one of them. */
  readonly builds: readonly KernelBuild[];
};

type LookingContext = Pick<Context, 'env' | 'cwd' | 'signal' | 'urgentSignal'>;

/** Finds file and line of each frame, where an object of the build that ran lies in the lab. */
export async function locateCrashes(
  context: LookingContext,
  crashes: readonly RepeatedCrash[],
  { vmlinux, sharedDir, folder }: CrashPlaces,
): Promise<FoundLines> {
  const { env, signal, urgentSignal } = context;
  const builds = await buildsThatRan(context, crashes);
  const objects = builds.map(({ out }) => out);
  const folders = [...new Set([sharedDir, folder, context.cwd, ...objects])];
  const found = await locateLines(
    crashes,
    { vmlinux, folders, debugRoot: '/usr/lib/debug' },
    // Where Ctrl-C has ended what is told of, the next one ends the telling.
    { env, signal: signal.aborted ? urgentSignal : signal },
  );
  return {
    ...found,
    builds,
    crashes: found.crashes.map((crash, index) => ({
      ...withHostPaths(crash, [sharedDir, folder, context.cwd]),
      repeated: crashes[index]?.repeated ?? 1,
    })),
  };
}

/** A release is no proof; objects of another build than the one that ran are told from it by their functions. */
async function buildsThatRan(
  { env }: Pick<Context, 'env'>,
  crashes: readonly RepeatedCrash[],
): Promise<readonly KernelBuild[]> {
  const releases = new Set(crashes.map(({ release }) => release));
  const { builds } = await listBuilds(env);
  return builds.filter(({ version }) => releases.has(version));
}

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
