import { explainCrash } from './explain-crash.ts';
import type { Crash } from './crash-event.ts';

/** `NULL pointer read in lunix_chrdev_read, module lunix`: a crash in half a line. Pure. */
export function crashHeadline(crash: Crash): string {
  const { phrase } = explainCrash(crash);
  const { kind, task, pid, panic } = crash;
  if (kind === 'oom-kill' && task !== undefined) {
    return `out of memory: the kernel killed ${task}${pid === undefined ? '' : ` (pid ${pid})`}`;
  }
  if (kind === 'panic') return `kernel panic: ${panic ?? withoutPanic(crash.message)}`;
  if (kind === 'atomic-sleep' && crash.function === undefined && task !== undefined) {
    // What held the lock is not on the stack any more.
    return `${phrase}, found in ${task}`;
  }
  if (crash.function === undefined || kind === 'no-root' || kind === 'no-init') return phrase;
  if (kind === 'init-killed') return phrase;
  const module = crash.module === undefined ? '' : `, module ${crash.module}`;
  return `${phrase} in ${crash.function}${module}`;
}

/** The kernel's words behind its own `Kernel panic - not syncing: `. */
function withoutPanic(message: string): string {
  return message.replace(/^Kernel panic - not syncing: /, '');
}

/** `lunix_chrdev_read+0x4c [lunix]`; undefined when the place is not known. */
export function crashPlace({ function: name, offset = 0, module }: Crash): string | undefined {
  if (name === undefined) return undefined;
  return `${name}+0x${offset.toString(16)}${module === undefined ? '' : ` [${module}]`}`;
}

/** Kinds in which the kernel killed a task for a fault of its own code: what Linux calls an oops. */
const oopses: ReadonlySet<Crash['kind']> = new Set([
  ...([
    'null-dereference',
    'page-fault',
    'general-protection',
    'double-free',
    'divide-error',
  ] as const),
  ...(['invalid-opcode', 'double-fault', 'stack-overflow', 'usercopy', 'bug', 'oops'] as const),
  'list-corruption',
]);

/** Kinds after which the kernel goes on as if nothing had been. */
const survived: ReadonlySet<Crash['kind']> = new Set([
  ...(['warning', 'refcount', 'memory-leak', 'allocation-failure', 'rcu-usage'] as const),
  ...(['data-race', 'undefined-behaviour', 'deadlock', 'uninitialised-value'] as const),
]);

/** Kinds in which somebody hangs, or goes on with what it must not hold. */
const stuck: ReadonlySet<Crash['kind']> = new Set([
  ...(['atomic-sleep', 'soft-lockup', 'hard-lockup', 'hung-task', 'rcu-stall'] as const),
  ...(['workqueue-stall', 'bad-unlock', 'oom-kill'] as const),
]);

/** Whether the kernel died, a task of it did, something hangs, or nothing but a message came of it. */
export function crashSeverity({
  kind,
  panic,
  text,
}: Crash): 'panic' | 'oops' | 'stuck' | 'survived' {
  if (panic !== undefined) return 'panic';
  if (/\[#\d+\]/.test(text)) return 'oops';
  if (stuck.has(kind)) return 'stuck';
  if (survived.has(kind) || /WARNING: CPU/.test(text)) return 'survived';
  return oopses.has(kind) ? 'oops' : 'stuck';
}

/** The event as an `up` in the foreground says it: a line, and another where the kernel stopped for it. */
export function crashLine(crash: Crash): string {
  const { phrase } = explainCrash(crash);
  const place = crashPlace(crash);
  const where = place === undefined ? '' : ` in ${place}`;
  if (crash.kind === 'oom-kill') return crashHeadline(crash);
  const severity = crashSeverity(crash);
  if (severity === 'oops') return `kernel oops${where}: ${phrase}`;
  if (
    crash.kind === 'panic' ||
    crash.kind === 'no-root' ||
    crash.kind === 'no-init' ||
    crash.kind === 'init-killed'
  ) {
    return `kernel panic: ${crash.panic ?? withoutPanic(crash.message)}`;
  }
  if (severity !== 'panic') return `${phrase}${where}`;
  const first = oopses.has(crash.kind) ? `kernel oops${where}: ${phrase}` : `${phrase}${where}`;
  return `${first}\nkernel panic: ${crash.panic}`;
}

/** What else the crash leaves behind, and how to go on with the machine. */
export function crashAftermath(crash: Crash): string {
  switch (crashSeverity(crash)) {
    case 'panic':
      return 'The kernel has stopped: utopia reboot starts the guest anew.';
    case 'oops':
      return 'The process died inside the kernel: locks it held stay locked, so that others may hang, and what it used of a module may keep that from being removed. utopia reboot starts the guest anew.';
    case 'stuck':
      return crash.kind === 'oom-kill'
        ? ''
        : 'The guest may hang from here on; utopia reboot starts it anew.';
    case 'survived':
      return '';
    default:
      return '';
  }
}
