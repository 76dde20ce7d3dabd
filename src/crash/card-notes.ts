import { crashHeadline } from './headline.ts';
import type { LocatedCrashes } from './locate-lines.ts';
import type { Crash } from './crash-event.ts';
import type { KernelBuild } from '../kernel/build-store.ts';
import type { RepeatedCrash } from './crash-report.ts';
import { countOf } from '../text/format.ts';

/** What to say below a card about the lines that were not found. Pure. */
export function describeMissingLines(
  crash: RepeatedCrash,
  found: Omit<LocatedCrashes, 'crashes'>,
  shorten: (path: string) => string,
): readonly string[] {
  if (crash.line !== undefined || crash.function === undefined) return [];
  if (found.programMissing) {
    return ['Lines are found with addr2line (package binutils) or gdb; neither is installed here.'];
  }
  const [other] = found.otherBuilds;
  if (other !== undefined) {
    return [
      `${shorten(other)} is another build than the code that crashed, so lines would be wrong. Built again since?`,
    ];
  }
  const { module } = crash;
  if (module === undefined) {
    return ['With the debug information of this kernel, lines are known: --vmlinux FILE.'];
  }
  return [
    `No ${module}.ko with debug information in the share or in this folder: build it there, and its lines are known.`,
  ];
}

/** The other crashes of the boot: what follows a crash is often its consequence. Pure. */
export function describeOthers(
  shown: readonly RepeatedCrash[],
  all: readonly RepeatedCrash[],
): readonly string[] {
  const [first] = shown;
  if (first === undefined) return [];
  const ofBoot = all.filter(({ boot }) => boot === first.boot);
  const earlier = ofBoot.filter(({ number }) => number < first.number);
  const later = ofBoot.filter(({ number }) => number > (shown.at(-1)?.number ?? first.number));
  const [cause] = earlier;
  const next = later.at(-1);
  return [
    ...(cause === undefined
      ? []
      : [
          `${countOf(earlier.length, 'crash', 'crashes')} before it in this boot, the first: ${crashHeadline(cause)}${at(cause)}. ${allOfThem}`,
        ]),
    ...(next === undefined
      ? []
      : [
          `${countOf(later.length, 'crash', 'crashes')} after it in this boot, the last: ${crashHeadline(next)}${at(next)}. They may be its consequence. ${cause === undefined ? allOfThem : ''}`.trimEnd(),
        ]),
  ];
}

const allOfThem = 'All of them: utopia oops --all';

function at({ time }: RepeatedCrash): string {
  return time === undefined ? '' : ` at ${time.toFixed(1)} s`;
}

/** Which of the user's own builds has this kernel's release. */
export function describeBuilds(
  { release }: Crash,
  builds: readonly KernelBuild[],
  short: (path: string) => string,
): string[] {
  return builds
    .filter(({ version }) => version === release)
    .map(
      ({ name, out }) => `Linux ${release} is the release of your build ${name} (${short(out)}).`,
    );
}
