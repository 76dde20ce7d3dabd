import { explainCrash } from './explain-crash.ts';
import { crashHeadline } from './headline.ts';
import type { Crash, TraceFrame } from './crash-event.ts';

/** A crash as `utopia oops --json` gives it: numbers, and the address as text. */
export type CrashReport = Omit<Crash, 'address'> & {
  readonly address?: string;
  /** How often the kernel has said the same of the same task; 1 is left out. */
  readonly repeated?: number;
  /** In plain words. */
  readonly headline: string;
  readonly explanation: string;
};

/** Makes the JSON form of a crash. Pure. */
export function reportCrash(crash: RepeatedCrash): CrashReport {
  const { address, trace, repeated, ...rest } = crash;
  return {
    ...rest,
    ...(address === undefined ? {} : { address: `0x${address.toString(16)}` }),
    ...(repeated === 1 ? {} : { repeated }),
    headline: crashHeadline(crash),
    explanation: explainCrash(crash).what,
    trace: trace.map(reportFrame),
  };
}

function reportFrame({ isReturn: _isReturn, ...frame }: TraceFrame): TraceFrame {
  return frame;
}

/** A crash and how often it was told. */
export type RepeatedCrash = Crash & { readonly repeated: number };

/** What hangs is told of again every few seconds, and is still one crash. */
const lasting: ReadonlySet<Crash['kind']> = new Set([
  ...(['soft-lockup', 'hard-lockup', 'hung-task', 'rcu-stall', 'workqueue-stall'] as const),
]);

/** The latest crashes of a log, those that last told once. */
export interface CrashList {
  add(crash: Crash): void;
  /** In the order in which they began. */
  readonly crashes: readonly RepeatedCrash[];
  /** Crashes that were left out because there were more than the list holds. */
  readonly omitted: number;
}

/** Collects crashes, at most the latest `capacity`. */
export function collectCrashes(capacity: number): CrashList {
  let kept: RepeatedCrash[] = [];
  let omitted = 0;
  return {
    add: (crash) => {
      const index = kept.findLastIndex((each) => isSame(each, crash));
      const before = kept[index];
      if (before !== undefined) {
        kept[index] = {
          ...before,
          panic: crash.panic ?? before.panic,
          repeated: before.repeated + 1,
        };
        return;
      }
      kept.push({ ...crash, repeated: 1 });
      if (kept.length > capacity) {
        omitted += kept.length - capacity;
        kept = kept.slice(-capacity);
      }
    },
    get crashes() {
      return kept.toSorted((a, b) => a.number - b.number);
    },
    get omitted() {
      return omitted;
    },
  };
}

function isSame(a: Crash, b: Crash): boolean {
  return (
    lasting.has(a.kind) &&
    a.kind === b.kind &&
    a.boot === b.boot &&
    a.pid === b.pid &&
    a.task === b.task &&
    (a.pid !== undefined || a.cpu === b.cpu)
  );
}
