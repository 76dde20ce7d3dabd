/** How far mmdebstrap is, as told by the lines that it and apt print. */
export interface BootstrapProgress {
  /** From 0 to 1. */
  readonly fraction: number;
  /** What is under way, in two or three words. */
  readonly detail: string;
  /** Packages of the apt run under way, and how many of its lines have come. */
  readonly packages: number;
  readonly lines: number;
  readonly phase: number;
}

interface Phase {
  /** How mmdebstrap's own line begins. */
  readonly opening: string;
  readonly detail: string;
  /** Share of the whole, measured with the minimal profile on two cores. */
  readonly weight: number;
  /** Lines of apt and dpkg for each package: fetched, unpacked, set up. */
  readonly linesPerPackage: number;
}

const phases: readonly Phase[] = [
  {
    opening: 'I: running apt-get update',
    detail: 'package lists',
    weight: 0.05,
    linesPerPackage: 0,
  },
  {
    opening: 'I: downloading packages with apt',
    detail: 'fetching base',
    weight: 0.08,
    linesPerPackage: 1,
  },
  { opening: 'I: extracting archives', detail: 'unpacking base', weight: 0.07, linesPerPackage: 0 },
  {
    opening: 'I: installing essential packages',
    detail: 'setting up base',
    weight: 0.15,
    linesPerPackage: 2,
  },
  {
    opening: 'I: installing remaining packages',
    detail: 'packages',
    weight: 0.5,
    linesPerPackage: 3,
  },
  {
    opening: 'I: running --customize-hook',
    detail: 'configuration',
    weight: 0.13,
    linesPerPackage: 0,
  },
  { opening: 'I: cleaning package lists', detail: 'cleaning', weight: 0.02, linesPerPackage: 0 },
];

export const bootstrapStart: BootstrapProgress = {
  fraction: 0,
  detail: 'starting',
  packages: 0,
  lines: 0,
  phase: -1,
};

/** The progress after one more line. Lines that tell nothing leave it as it is. */
export function readBootstrapLine(progress: BootstrapProgress, line: string): BootstrapProgress {
  const opened = phases.findIndex((phase) => line.startsWith(phase.opening));
  if (opened > progress.phase) {
    return {
      fraction: weightBefore(opened),
      detail: phases[opened]?.detail ?? '',
      packages: 0,
      lines: 0,
      phase: opened,
    };
  }
  const phase = phases[progress.phase];
  if (phase === undefined || phase.linesPerPackage === 0) return progress;
  const announced = / (\d+) newly installed/.exec(line)?.[1];
  if (announced !== undefined) return { ...progress, packages: Number(announced) };
  const step = /^(Get:\d+|Unpacking|Setting up) (\S+)/.exec(line);
  if (step === null || progress.packages === 0) return progress;
  const lines = progress.lines + 1;
  const part = Math.min(1, lines / (progress.packages * phase.linesPerPackage));
  return {
    ...progress,
    lines,
    fraction: weightBefore(progress.phase) + part * phase.weight,
    detail: describeStep(line, phase.detail),
  };
}

function describeStep(line: string, fallback: string): string {
  const name = /^(?:Unpacking|Setting up) ([^\s:]+)/.exec(line)?.[1];
  return name ?? (line.startsWith('Get:') ? 'fetching packages' : fallback);
}

function weightBefore(index: number): number {
  return phases.slice(0, index).reduce((sum, phase) => sum + phase.weight, 0);
}
