import { scanCrashes } from './scanner.ts';
import type { Crash } from './crash-event.ts';

/** Follows a console that is being written, and gives each crash when it can be told. */
export interface CrashWatch {
  /**
   * The next bytes. Gives crashes whose report has ended; one that was given before
   * comes again when it has ended in a panic.
   */
  read(chunk: Uint8Array): Crash[];
  /** The console stands still: gives also the crashes whose report is under way. */
  settle(): Crash[];
}

/** Watches one console from its start. Pure. */
export function watchCrashes(): CrashWatch {
  const scanner = scanCrashes();
  /** Crashes that were given and may still change, with whether their panic was told. */
  let told = new Map<number, boolean>();

  function news(crashes: readonly Crash[]): Crash[] {
    return crashes.filter((crash) => {
      const panicked = crash.panic !== undefined;
      const before = told.get(crash.number);
      if (before !== undefined && (before || !panicked)) return false;
      told.set(crash.number, panicked);
      return true;
    });
  }

  function look(wanted: (over: boolean) => boolean, closed: readonly Crash[]): Crash[] {
    const pending = scanner.pending();
    const fresh = news([
      ...closed,
      ...pending.filter(({ over }) => wanted(over)).map(({ crash }) => crash),
    ]);
    const open = new Set(pending.map(({ crash }) => crash.number));
    told = new Map([...told].filter(([number]) => open.has(number)));
    return fresh;
  }

  return {
    read: (chunk) => look((over) => over, scanner.read(chunk)),
    settle: () => look(() => true, []),
  };
}
