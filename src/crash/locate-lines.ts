import { findObjects, type FoundObject, type ObjectPlaces } from './find-objects.ts';
import type { ElfObject } from './elf.ts';
import { addLines, findLineProgram, type LineOptions } from './source-lines.ts';
import type { Crash, TraceFrame } from './crash-event.ts';

/** Crashes with the lines that were found, and what kept others from being found. */
export interface LocatedCrashes {
  readonly crashes: readonly Crash[];
  /** Neither addr2line nor gdb is installed, and there was something to ask them. */
  readonly programMissing: boolean;
  /** Modules without an object that has debug information; `vmlinux` for the kernel. */
  readonly notFound: readonly string[];
  /** Objects that are another build than the code that ran. */
  readonly otherBuilds: readonly string[];
}

/**
 * Gives each frame of each crash its file and line, where an object with debug
 * information of the very build that ran is found. Asks for all frames of an object
 * at once: reading a kernel's debug information takes seconds.
 */
export async function locateLines(
  crashes: readonly Crash[],
  places: ObjectPlaces,
  options: LineOptions,
): Promise<LocatedCrashes> {
  const found = await findObjects(crashes, places);
  const usable = found.flat().filter(({ object }) => object?.hasLines === true);
  const program = usable.length === 0 ? undefined : await findLineProgram(options);
  const lines = new Map<TraceFrame, TraceFrame>();
  if (program !== undefined) {
    for (const object of distinctObjects(usable)) {
      const frames = crashes.flatMap(({ trace }, index) =>
        trace.filter((frame) => objectOf(frame, found[index] ?? []) === object),
      );
      const located = await addLines(frames, object, program, options);
      for (const [index, frame] of frames.entries()) lines.set(frame, located[index] ?? frame);
    }
  }
  const missing = found.flat().filter(({ object }) => object?.hasLines !== true);
  return {
    crashes: crashes.map((crash) => withLines(crash, lines)),
    programMissing: usable.length > 0 && program === undefined,
    notFound: [...new Set(missing.map(({ module = 'vmlinux' }) => module))],
    otherBuilds: [...new Set(missing.flatMap(({ otherBuild = '' }) => otherBuild))].filter(
      (path) => path !== '',
    ),
  };
}

function distinctObjects(found: readonly FoundObject[]): ElfObject[] {
  return [...new Set(found.flatMap(({ object }) => (object === undefined ? [] : [object])))];
}

function objectOf(frame: TraceFrame, found: readonly FoundObject[]): ElfObject | undefined {
  return found.find(({ module }) => module === frame.module)?.object;
}

function withLines(crash: Crash, lines: ReadonlyMap<TraceFrame, TraceFrame>): Crash {
  const trace = crash.trace.map((frame) => lines.get(frame) ?? frame);
  const blamed = trace.find(
    (frame) => frame.function === crash.function && frame.offset === crash.offset,
  );
  if (blamed?.file === undefined || blamed.line === undefined) return { ...crash, trace };
  return { ...crash, trace, file: blamed.file, line: blamed.line };
}
