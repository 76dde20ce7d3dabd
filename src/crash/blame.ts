import type { Verdict } from './classify.ts';
import { findPlace, isUninteresting } from './frames.ts';
import { isMachinery } from './machinery.ts';
import type { Trace } from './traces.ts';
import type { CodePlace, TraceFrame } from './crash-event.ts';

/**
 * Reports in which no function is to blame, and why: the reason of an early panic, a killed task
 * and the first process lie outside the code of the trace.
 */
const blameless: readonly RegExp[] = [
  /IO-APIC \+ timer|timer doesn't work|Unable to mount root|[Nn]o (?:working )?init found|Requested init|No filesystem could mount|Attempted to kill init/,
  /^(?:unregister_netdevice: waiting|VFS: Busy inodes|BUG: (?:Bad rss-counter|non-zero ))/,
];

/** The instruction pointer where no function is. */
const jumpedNowhere =
  /^(?:RIP: 0010:|E?IP: |pc : |epc : |PC is at )(?:\[<[\da-f]+>\]\s+){0,2}(?:0x[\da-f]+\s*$|\s*\(null\)|0x0$)/;

/** Whose doing it was: the function that a title names, the fault's, or the first that is no machinery. */
export function blame(
  { kind, title }: Pick<Verdict, 'kind' | 'title'>,
  messages: readonly string[],
  { fault }: Pick<Trace, 'fault'>,
  frames: readonly TraceFrame[],
): CodePlace | undefined {
  if (kind === 'oom-kill' || kind === 'init-killed') return undefined;
  if (blameless.some((pattern) => pattern.test(title))) return undefined;
  if (kind === 'irq-unhandled') {
    const handler = registeredHandler(messages);
    return handler ?? untilInterrupted(frames).find((frame) => !isUninteresting(frame));
  }
  const named = namedPlace(title, messages);
  // Who reads or writes within an interrupt has nothing to do with what that came into.
  if (kind === 'data-race') {
    const racing = [named, otherRacer(title)].find(
      (each) => each !== undefined && !isMachinery(each),
    );
    if (racing !== undefined) return inTrace(racing, frames);
    return untilInterrupted(frames).find((frame) => !isUninteresting(frame)) ?? named;
  }
  if (named !== undefined && !isMachinery(named)) return inTrace(named, frames);
  if (fault !== undefined && !isMachinery(fault)) return fault;
  // A jump to nowhere: who made it, whatever it is, called through the bad pointer.
  if (fault === undefined && messages.some((message) => jumpedNowhere.test(message))) {
    const caller = frames.find(({ uncertain }) => uncertain !== true);
    if (caller !== undefined) return caller;
  }
  return (
    frames.find((frame) => !isUninteresting(frame)) ??
    lockPlace(messages) ??
    (stalls.has(kind) ? undefined : behindCalls(frames).find(isOnlyUncertain)) ??
    named ??
    // Who sleeps is in the trace: registers before it are of the code that was interrupted.
    (kind === 'atomic-sleep' ? undefined : fault)
  );
}

/**
 * `[<ffffffffc0123456>] my_irq [mydriver] threaded [<…>] my_thread [mydriver]`, in kernels before 3.0
 * `[<c02b2f1c>] (my_irq+0x0/0x6e [mydriver])`.
 */
const handlerLine =
  /^\s*\[<[\da-f]{8,16}>\] \(?(?<name>[\w.]+)(?:\+0x[\da-f/x]+)?(?: \[(?<module>[\w-]+)\])?\)?(?: threaded \[<[\da-f]{8,16}>\] (?<thread>[\w.]+)(?: \[(?<threadModule>[\w-]+)\])?)?\s*$/;

/**
 * The handler that did not say the interrupt was its own: of several, one of a module. The trace shows
 * who was interrupted, and is no help.
 */
function registeredHandler(messages: readonly string[]): CodePlace | undefined {
  const start = messages.findIndex((message) => /^\s*handlers:/.test(message)) + 1;
  if (start === 0) return undefined;
  const handlers: CodePlace[] = [];
  for (const message of messages.slice(start)) {
    const groups = handlerLine.exec(message)?.groups;
    if (groups === undefined) break;
    const { name = '', module, thread, threadModule } = groups;
    // Who asks for a thread alone gets the kernel's own handler before it.
    const own = thread === undefined || name !== 'irq_default_primary_handler';
    const owner = own ? module : threadModule;
    handlers.push({
      ...{ function: own ? name : thread, offset: 0, size: -1 },
      ...(owner === undefined ? {} : { module: owner }),
    });
  }
  return handlers.find(({ module }) => module !== undefined) ?? handlers[0];
}

/** Where an interrupt comes in: what stands behind it was interrupted and has no part in it. */
const interrupted =
  /^(?:__irq_(?:svc|usr)|el[01]h?_?(?:64_)?irq\w*|asm_\w+|common_interrupt\w*|ret_from_intr|do_IRQ|handle_int|hardware_interrupt_common\w*|__softirqentry_text_start|__do_softirq|handle_softirqs)$/;

function untilInterrupted(frames: readonly TraceFrame[]): readonly TraceFrame[] {
  const end = frames.findIndex((frame) => interrupted.test(frame.function));
  return end < 0 ? frames : frames.slice(0, end);
}

/** Kinds whose trace shows who is late, with leftovers of every interrupt on the stack. */
const stalls: ReadonlySet<Verdict['kind']> = new Set(['rcu-stall', 'soft-lockup', 'hard-lockup']);

/** The frames behind the last that is sure: an uncertain one between two such is left from an earlier call. */
function behindCalls(frames: readonly TraceFrame[]): readonly TraceFrame[] {
  return frames.slice(1 + frames.findLastIndex(({ uncertain }) => uncertain !== true));
}

/**
 * Kernels without frame pointers mark every frame as uncertain: better than none. What stands at a
 * function's start or behind its end is a pointer to it, and no call.
 */
function isOnlyUncertain(frame: TraceFrame): boolean {
  if (frame.uncertain !== true || frame.offset === 0 || frame.offset === frame.size) return false;
  return !isUninteresting({ ...frame, uncertain: undefined });
}

/** Where the lock is taken that lockdep complains about, for reports that are cut off before the trace. */
function lockPlace(messages: readonly string[]): CodePlace | undefined {
  const index = messages.findIndex((message) =>
    / (?:is trying to (?:acquire|release)(?: lock)?|just changed the state of lock|takes)\b.{0,3}$/.test(
      message,
    ),
  );
  const at = index < 0 ? undefined : /, at: (.{1,300})/.exec(messages[index + 1] ?? '')?.[1];
  const place = at === undefined ? undefined : findPlace(at);
  return place === undefined || isMachinery(place) ? undefined : place;
}

/**
 * Checks that tell what they found; where, stands in the line of the warning before or behind that.
 * A check that the compiler has put into its caller names the caller there.
 */
const checkWithPlace =
  /^(?:\w+: detected |list_(?:add|del)|refcount_t: |usercopy: |Buffer overflow detected|kmem_cache_destroy )/;

/** Titles with a function without its offset: KCSAN's, and others that were decoded. */
const nameAlone =
  /(?:^BUG: K[A-Za-z]+: [\w -]+ in |[Kk]ernel stack is corrupted in: )([A-Za-z_][\w.]{1,200})(?: |$)/;

/** KCSAN names both sides: `data-race in kfree / my_read`. */
function otherRacer(title: string): CodePlace | undefined {
  const name = /^BUG: KCSAN: .{1,200} \/ ([A-Za-z_][\w.]{1,200})$/.exec(title)?.[1];
  return name === undefined ? undefined : { function: name, offset: 0, size: -1 };
}

/** The work that left a lock: it has returned, so no trace shows it. `[lunix]` behind it is its module. */
function lastWork(messages: readonly string[]): CodePlace | undefined {
  const line =
    /^\s*(?:last function: |.{0,80}\bworkfn=)(?<name>[\w.]{1,200})(?: \[(?<module>[\w-]+)\])?/;
  const groups = messages.map((message) => line.exec(message)?.groups).find(Boolean);
  const { name, module } = groups ?? {};
  if (name === undefined) return undefined;
  return { function: name, offset: 0, size: -1, ...(module === undefined ? {} : { module }) };
}

function namedPlace(title: string, messages: readonly string[]): CodePlace | undefined {
  // An object's callback is no culprit: who frees it while it runs is.
  if (title.startsWith('ODEBUG: ')) return undefined;
  if (title.startsWith('BUG: using ')) {
    const caller = messages.find((message) => message.startsWith('caller is '));
    return caller === undefined ? undefined : findPlace(caller);
  }
  const place = findPlace(title);
  if (place !== undefined) return place;
  if (checkWithPlace.test(title)) {
    const where = messages.find((message) => message.startsWith('WARNING: '));
    return where === undefined ? undefined : findPlace(where);
  }
  if (title.startsWith('BUG: workqueue leaked ')) return lastWork(messages);
  const name = nameAlone.exec(title)?.[1];
  return name === undefined ? undefined : { function: name, offset: 0, size: -1 };
}

/** A name alone is found again in the trace, with its place and module. */
function inTrace(named: CodePlace, frames: readonly TraceFrame[]): CodePlace {
  if (named.size !== -1 || named.offset !== 0) return named;
  return frames.find((frame) => frame.function === named.function) ?? named;
}
