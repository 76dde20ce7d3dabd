import type { ConsoleLine } from './console-line.ts';
import type { EarlierLine } from './headless.ts';
import type { CrashRecord } from './record.ts';

/** Sorts lines into reports. Remembers those under way, at most `mostOpen`. */
export interface RecordTracker {
  /**
   * One line and where it stands in the log. Lines that start nothing and belong to
   * nothing change nothing. Without `hasPattern` it cannot start anything. `before` gives the
   * lines before it, the latest first.
   */
  take(
    line: ConsoleLine,
    startByte: number,
    endByte: number,
    hasPattern: boolean,
    before?: () => Iterable<EarlierLine>,
  ): void;
  /** Whether the next line matters whatever it says: a report is under way. */
  wantsLines(): boolean;
  /** Lets go of reports that nothing can be added to any more, at this byte of the log. */
  expire(atByte: number): void;
  closeAll(): void;
  readonly open: readonly CrashRecord[];
  /** Number of the boot under way, as in `Crash`. */
  readonly boot: number;
}
