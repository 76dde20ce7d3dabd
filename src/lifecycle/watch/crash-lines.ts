import { crashLine, crashPlace, crashSeverity } from '../../crash/headline.ts';
import type { Crash } from '../../crash/crash-event.ts';
import type { WatchLine } from './watch-line.ts';

/** Says crashes as they come; the same one again only at its 10th, 100th, … time. */
export interface CrashReporter {
  /** The line for a crash; undefined for one that need not be said again. */
  tell(crash: Crash): WatchLine | undefined;
  /** The panic device has spoken and the console has not. Undefined when a panic was told already. */
  reportSilentPanic(): WatchLine | undefined;
  /** The guest has rebooted: its next panic is another one. */
  startOver(): void;
}

/** What a person does next, by what the machine does at a crash. */
const advices = {
  report: 'utopia oops shows where and why',
  pause:
    'The guest is paused there: utopia gdb or utopia dump looks, and utopia up in another\nterminal has it go on.',
  keep: 'utopia crash list has it, with its memory; utopia oops shows where and why',
} as const;

export type CrashAction = keyof typeof advices;
/** Different crashes that are remembered; a guest that has more is told of all of them again. */
const mostRemembered = 500;

/** Decides what is said about crashes. Pure: holds counters only. */
export function reportCrashes(action: CrashAction = 'report'): CrashReporter {
  const counts = new Map<string, number>();
  let lastTold: number | undefined;
  let panicTold = false;
  return {
    tell: (crash) => {
      // It was told when its report had ended, and has now become a panic.
      const again = lastTold === crash.number;
      lastTold = crash.number;
      if (crash.panic !== undefined) panicTold = true;
      if (again) return { level: 'fail', text: `kernel panic: ${crash.panic}` };
      const key = `${crash.kind} ${crashPlace(crash) ?? crash.message}`;
      if (counts.size > mostRemembered) counts.clear();
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (!/^10*$/.test(String(count))) return undefined;
      const level = crashSeverity(crash) === 'survived' ? 'warn' : 'fail';
      const often = count === 1 ? '' : ` (${count} times by now)`;
      const acts = crashSeverity(crash) === 'oops' || crashSeverity(crash) === 'panic';
      const advice = advices[acts ? action : 'report'];
      return { level, text: `${crashLine(crash)}${often}\n${advice}` };
    },
    reportSilentPanic: () => {
      if (panicTold) return undefined;
      panicTold = true;
      return {
        level: 'fail',
        text: 'the kernel has panicked (reported by the panic device)\nIts console says nothing of it; the screen (VNC) may.',
      };
    },
    startOver: () => {
      panicTold = false;
    },
  };
}
