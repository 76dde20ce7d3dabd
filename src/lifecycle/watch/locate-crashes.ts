import { withHostPaths } from '../../crash/host-paths.ts';
import { locateLines, type LocatedCrashes } from '../../crash/locate-lines.ts';
import { reportCrash, type CrashReport, type RepeatedCrash } from '../../crash/crash-report.ts';
import { listBuilds, type KernelBuild } from '../../kernel/build-store.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';

type LocateContext = Pick<LifecycleContext, 'cwd' | 'env' | 'signal' | 'urgentSignal'>;

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

/** Finds file and line of each frame, where an object of the build that ran lies in the lab. */
export async function locateCrashes(
  context: LocateContext,
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
  { env }: LocateContext,
  crashes: readonly RepeatedCrash[],
): Promise<readonly KernelBuild[]> {
  const releases = new Set(crashes.map(({ release }) => release));
  const { builds } = await listBuilds(env);
  return builds.filter(({ version }) => releases.has(version));
}

/** Those of a copy of a machine; `shared` is the folder that its guest saw. */
export function placesOf({ config }: LocatedMachine, shared: string): CrashPlaces {
  return { vmlinux: undefined, sharedDir: shared, folder: config.folder };
}

/** The crashes of a copy as reports have them, with files and lines as `utopia oops` finds them. */
export async function reportLocated(
  context: LocateContext,
  located: LocatedMachine,
  shared: string,
  crashes: readonly RepeatedCrash[],
): Promise<readonly CrashReport[]> {
  if (crashes.length === 0) return [];
  const found = await locateCrashes(context, crashes, placesOf(located, shared));
  return found.crashes.map(reportCrash);
}
