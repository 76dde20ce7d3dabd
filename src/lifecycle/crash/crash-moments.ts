import { crashSeverity } from '../../crash/headline.ts';
import { scanCrashes } from '../../crash/scanner.ts';
import type { Crash } from '../../crash/crash-event.ts';
import { silentPanic } from '../watch/silent-panic.ts';

/** What a console, and the panic device, tell of the moments at which something is to be done. */
export interface CrashMoments {
  /** The next bytes of the console. Gives the crashes at whose moment they are. */
  read(chunk: Uint8Array): Crash[];
  /** The panic device has spoken. Gives the crash, unless its moment was given. */
  panicked(): Crash | undefined;
  /** The guest was reset. */
  rebooted(): void;
  /** What is known of a crash by now, by its number; `over` when its report has ended. */
  known(number: number): { readonly crash: Crash; readonly over: boolean } | undefined;
}

/** Crashes whose reports have ended and that may still be asked for. */
const mostRemembered = 16;

/**
 * Finds the moments in one console: an oops while its report is still being printed, as soon as it
 * has told where it was (the task that died is then on its processor, in the kernel's own report),
 * and a panic. In one boot each kind and place counts once, at most `mostOfBoot` of them, and what
 * follows a panic is its consequence. What hangs, and what the kernel survives, is no crash here: it
 * may be the work of whoever stopped the guest. Pure.
 */
export function findCrashMoments(mostOfBoot: number): CrashMoments {
  const scanner = scanCrashes();
  const seen = new Set<string>();
  const numbers = new Set<number>();
  const ended: Crash[] = [];
  /** What is still open of boots before. */
  let old = new Set<number>();
  let boot = 0;
  let dead = false;

  function startOver(): void {
    seen.clear();
    dead = false;
  }

  function isNew(crash: Crash): boolean {
    const severity = crashSeverity(crash);
    const isOops = severity === 'oops' && crash.function !== undefined;
    if (dead || (!isOops && severity !== 'panic') || numbers.has(crash.number)) return false;
    numbers.add(crash.number);
    const { kind, function: name = '', module = '' } = crash;
    const key = `${kind} ${name} ${module}`;
    if (severity === 'panic') dead = true;
    if (seen.has(key) || seen.size >= mostOfBoot) return false;
    seen.add(key);
    return true;
  }

  return {
    read: (chunk) => {
      const closed = scanner.read(chunk);
      ended.push(...closed);
      ended.splice(0, Math.max(0, ended.length - mostRemembered));
      if (boot !== 0 && scanner.boot !== boot) startOver();
      boot = scanner.boot;
      const open = scanner.pending().map(({ crash }) => crash);
      return [...closed, ...open].filter((crash) => crash.boot === boot && isNew(crash));
    },
    panicked: () => {
      if (dead) return undefined;
      const open = scanner.pending().map(({ crash }) => crash);
      const last = open.findLast(({ number }) => !old.has(number));
      dead = true;
      // Its oops was the moment.
      if (last !== undefined && numbers.has(last.number)) return undefined;
      return last ?? silentPanic(ended);
    },
    rebooted: () => {
      startOver();
      old = new Set(scanner.pending().map(({ crash }) => crash.number));
    },
    known: (number) => {
      const open = scanner.pending().find(({ crash }) => crash.number === number);
      const crash = ended.find((each) => each.number === number);
      return open ?? (crash === undefined ? undefined : { crash, over: true });
    },
  };
}
