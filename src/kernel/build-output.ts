import { dirname, relative, resolve } from 'node:path';
import { escapeSequences } from '../text/escape-sequences.ts';
import { readComplaint, type Complaint } from './build-complaints.ts';

/** A warning or an error of a build. */
export interface BuildMessage {
  /** Relative to the source where it lies there, else as the program named it; null where none is named. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column?: number;
  /** Without the file's name before it, and without the lines of source below it. */
  readonly message: string;
  /** For one in a header: the file and line that included it first, `init/version.c:17`. */
  readonly includedFrom?: string;
}

/** A line such as `  CC      kernel/fork.o`: one thing that make does. */
export interface BuildStep {
  readonly action: string;
  readonly target: string;
}

/** What a build has said. */
export interface BuildSummary {
  /** The first of each kind, each once. */
  readonly warnings: readonly BuildMessage[];
  readonly errors: readonly BuildMessage[];
  /** All that there were, each counted once as far as the first thousand go. */
  readonly warningCount: number;
  readonly errorCount: number;
  readonly steps: number;
  /** Whether something was compiled. */
  readonly compiled: boolean;
  /** The first target that make gave up, where it named one. */
  readonly failedTarget: string | undefined;
  /** The last lines before make gave up that were no step. */
  readonly lastLines: readonly string[];
}

export interface BuildOutput {
  /** Takes one line; gives the step that it is. */
  take(line: string): BuildStep | undefined;
  summary(): BuildSummary;
}

/** What is read of a line: a compiler's longest complaint has a few hundred characters. */
const longestLine = 4096;
const mostMessages = 200;
const mostDifferent = 1000;
const mostLastLines = 12;

/**
 * Reads what make, compilers, linkers, modpost and Kconfig print, line by line. `source` and `out`
 * are the build's absolute folders: what make names is relative to `out`. Pure; bounded in memory,
 * and linear in what it reads.
 */
export function createBuildOutput(folders: {
  readonly source: string;
  readonly out: string;
}): BuildOutput {
  const kept = { warning: [] as BuildMessage[], error: [] as BuildMessage[] };
  const counts = { warning: 0, error: 0 };
  const seen = new Set<string>();
  const lastLines: string[] = [];
  let steps = 0;
  let compiled = false;
  let failedTarget: string | undefined;
  /** The outermost file of the last `In file included from`. */
  let includedFrom: string | undefined;
  /** A linker's `in function`, lld's or rustc's first line, and the lines of a block of stars. */
  let linked: LinkedFunction | undefined;
  let pending: { complaint: Complaint; place: RegExp } | undefined;
  let stars: string[] = [];

  function add({ severity, file, line, column, message }: Complaint): void {
    const place = file === null ? null : placeOf(file, folders);
    const key = `${severity} ${place}:${line}:${message}`;
    if (seen.has(key)) return;
    if (seen.size < mostDifferent) seen.add(key);
    counts[severity] += 1;
    if (kept[severity].length >= mostMessages) return;
    const isHeader = place !== null && /\.(?:h|inc)$/.test(place);
    kept[severity].push({
      file: place,
      line,
      ...(column === undefined ? {} : { column }),
      message,
      ...(isHeader && includedFrom !== undefined ? { includedFrom } : {}),
    });
  }

  function flush(): void {
    if (pending !== undefined) add(pending.complaint);
    pending = undefined;
    const [first, ...rest] = stars;
    stars = [];
    if (first === undefined) return;
    const text = [first, ...rest].join(' ');
    add({ severity: 'error', file: null, line: null, message: text });
  }

  function take(given: string): BuildStep | undefined {
    const line = given.slice(0, longestLine).replaceAll(escapeSequences, '').trimEnd();
    const star = /^\*\*\*(?: +(.*))?$/.exec(line);
    if (star !== null) {
      if (star[1] !== undefined && stars.length < mostLastLines) stars.push(star[1]);
      return undefined;
    }
    const place = pending?.place.exec(line);
    if (pending !== undefined && place != null) {
      const { complaint } = pending;
      pending = undefined;
      const column = place[3] === undefined ? {} : { column: Number(place[3]) };
      add({ ...complaint, file: place[1] ?? null, line: Number(place[2]), ...column });
      return undefined;
    }
    flush();
    const step = readStep(line);
    if (step !== undefined) {
      steps += 1;
      compiled ||= /^(?:CC|AS|RUSTC|LD|HOSTCC)$/.test(step.action);
      includedFrom = undefined;
      linked = undefined;
      return step;
    }
    if (line === '') return undefined;
    const given_up = /^make(?:\[\d+\])?: \*\*\* \[(?:[^\]:]*:\d+: )?([^\]]+)\] (.*)$/.exec(line);
    if (given_up !== null) {
      failedTarget ??= given_up[1];
      return undefined;
    }
    if (failedTarget === undefined && !/^make(?:\[\d+\])?: (?:Entering|Leaving)/.test(line)) {
      lastLines.push(line);
      if (lastLines.length > mostLastLines) lastLines.shift();
    }
    const included = /^(?:In file included| {5,}) from ([^:]+:\d+)[:,]/.exec(line);
    if (included !== null) {
      const [file = '', at = ''] = (included[1] ?? '').split(':');
      includedFrom = `${placeOf(file, folders)}:${at}`;
      return undefined;
    }
    const inFunction = /^(?:\S+: )?(\S+\.o): in function [`']([^`']{1,200})':$/.exec(line);
    if (inFunction !== null) {
      linked = { object: inFunction[1] ?? '', name: inFunction[2] ?? '' };
      return undefined;
    }
    const found = readComplaint(line);
    if (found === undefined) return undefined;
    if (found.placeFollows !== undefined) {
      pending = { complaint: found, place: found.placeFollows };
    } else if (found.ofLinker === true && linked !== undefined) add(linkedComplaint(found, linked));
    else add(found);
    return undefined;
  }

  return {
    take,
    summary: () => {
      flush();
      return {
        warnings: kept.warning,
        errors: kept.error,
        warningCount: counts.warning,
        errorCount: counts.error,
        ...{ steps, compiled, failedTarget, lastLines },
      };
    },
  };
}

/** Of a linker's `init/version.o: in function `count':`. */
interface LinkedFunction {
  readonly object: string;
  readonly name: string;
}

/** The function that the linker named before, and the folder of its object. Pure. */
function linkedComplaint(found: Complaint, { object, name }: LinkedFunction): Complaint {
  const folder = dirname(object);
  const isBare = found.file !== null && !found.file.includes('/') && folder !== '.';
  return {
    ...found,
    ...(isBare ? { file: `${folder}/${found.file}` } : {}),
    message: `${found.message} in ${name}`,
  };
}

/** The step that a line of kbuild's short form is. Pure. */
export function readStep(line: string): BuildStep | undefined {
  const match = /^ {2}([A-Z][A-Z\d_-]{0,11})(?: \[?[A-Z]{1,2}\]?)? +(\S.*)$/.exec(line);
  if (match === null) return undefined;
  return { action: match[1] ?? '', target: match[2] ?? '' };
}

/** A file that make, run in `out`, names: relative to the source where it lies there. Pure. */
export function placeOf(
  file: string,
  { source, out }: { readonly source: string; readonly out: string },
): string {
  const path = resolve(out, file);
  const below = relative(source, path);
  return below === '' || below.startsWith('../') ? file : below;
}
