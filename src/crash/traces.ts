import {
  isArmFrame,
  isUninteresting,
  readCalled,
  readFrame,
  readInlined,
  readInstructionPointer,
} from './frames.ts';
import { isMachinery } from './machinery.ts';
import type { CrashKind, InlinedCall, TraceFrame } from './crash-event.ts';

/** One call trace of a report, with the registers printed before it. */
export interface Trace {
  /** Where the processor was, when that was in the kernel. */
  readonly fault: TraceFrame | undefined;
  readonly frames: readonly TraceFrame[];
  /** The line that names processor and task. */
  readonly cpuLine: string | undefined;
  /** Printed by a processor that was asked what it is doing. */
  readonly byRequest: boolean;
}

const traceStart =
  /^(?:Call [Tt]race(?: \(unreliable\))?:?|Backtrace:|[Ss]tack (?:back)?trace:|backtrace(?: \(crc [\da-f]+\))?:|Trace:)\s*(?:\(|$|\[<?[\da-f]+>?\]|\S+\+0x)/;
/** Reports whose trace has no head of its own: KMSAN, KFENCE, KCSAN, what kmemleak has found. */
const titledTrace =
  /^(?:BUG: KMSAN: |(?:Use-after-free|Out-of-bounds|Invalid|Memory corruption|Corrupted memory)\b.* (?:at|of) 0x|(?:race at unknown origin, with )?(?:read|write|read-write|assert no \w+)(?: \([\w, ]+\))? (?:to|of) 0x[\da-f]+ of \d+ bytes by |unreferenced object 0x)/;
const otherStack =
  /^(?:(?:Allocated|Freed|allocated|freed|Uninit was|Local variable|Memory was)\b|-> #\d|Last potentially|(?:HARD|SOFT)IRQ-ON-W|\{?(?:IN|HARDIRQ|SOFTIRQ|INITIAL)[\w-]*\}? state was|the dependencies between|Showing all locks)/;

/** The last function of the way from an interrupt or exception to its handler. */
const wayIn =
  /^(?:asm_\w+|\w*_interrupt|invalid_op|page_fault|general_protection|divide_error|ret_from_intr|retint_\w+|int3|nmi|end_repeat_nmi)$/;

/** What looks like a frame and is where a processor was. */
const pointerInTrace = /^(?:E?IP|RIP|PC|NIP|pc|epc|nip|era|ERA|TPC)\b/;

/** Every call trace in a report's messages, in order. */
export function collectTraces(messages: readonly string[]): readonly Trace[] {
  const traces: Trace[] = [];
  let fault: TraceFrame | undefined;
  let cpuLine: string | undefined;
  let byRequest = false;
  let frames: TraceFrame[] | undefined;
  let inlined: InlinedCall[] = [];

  function finish(): void {
    if (frames !== undefined || fault !== undefined) {
      traces.push({ fault, frames: frames ?? [], cpuLine, byRequest });
    }
    frames = undefined;
    fault = undefined;
    cpuLine = undefined;
    byRequest = false;
    inlined = [];
  }

  for (const [index, message] of messages.entries()) {
    const trimmed = message.trimStart();
    const frame = readFrame(message);
    // Most lines of a trace are frames and nothing else.
    const isPlain = frame !== undefined && frames !== undefined && /^ +[\w?]/.test(message);
    if (isPlain && !pointerInTrace.test(trimmed)) {
      addFrame(frame, message);
      continue;
    }
    // Processors that a panic stops show their own work.
    if (/^CPU ?\d+: stopping/.test(trimmed)) break;
    if (traceStart.test(trimmed)) {
      if (frames !== undefined && frames.length > 0) finish();
      frames = [];
      continue;
    }
    if (/^(?:---\[ |NMI backtrace for|Kernel panic)/.test(trimmed) || otherStack.test(trimmed)) {
      if (frames !== undefined || fault !== undefined) finish();
      if (trimmed.startsWith('NMI backtrace')) {
        cpuLine = undefined;
        byRequest = true;
      }
      continue;
    }
    const pointer = readInstructionPointer(trimmed);
    if (pointer !== undefined) {
      // Registers behind a trace are those of the next one, or the same once more; within <IRQ> the first counts.
      if (frames === undefined) fault ??= pointer;
      // Behind the way of an interrupt or exception: where that came in.
      else if (wayIn.test(frames.at(-1)?.function ?? '')) {
        frames.push({ ...pointer, isReturn: false });
      }
      continue;
    }
    if (/CPU: ?\d+ (?:UID: \d+ )?PID: /.test(trimmed)) {
      if (frames !== undefined && frames.length > 0) finish();
      cpuLine = trimmed;
      continue;
    }
    if (titledTrace.test(trimmed)) {
      if (frames !== undefined && frames.length > 0) finish();
      frames = [];
      continue;
    }
    if (frames === undefined && isArmFrame(message)) frames = [];
    // A text that begins within a trace.
    if (index === 0 && frame !== undefined) frames = [];
    if (frames === undefined) continue;
    const call = readInlined(trimmed);
    if (call !== undefined) {
      inlined.push(call);
      continue;
    }
    if (frame === undefined) continue;
    addFrame(frame, message);
  }
  finish();
  return traces;

  function addFrame(frame: TraceFrame, message: string): void {
    if (frames === undefined) return;
    if (frames.length === 0 && fault === undefined) {
      // Only where a text begins within a trace is that more than what prints it.
      const called = readCalled(message);
      if (called !== undefined && !isMachinery(called)) frames.push(called);
    }
    frames.push(inlined.length === 0 ? frame : withInlined(frame, inlined));
    inlined = [];
  }
}

/** The line shown is the innermost one outside the kernel's headers, as for lines that are looked up. */
function withInlined(frame: TraceFrame, calls: readonly InlinedCall[]): TraceFrame {
  const own: InlinedCall = {
    function: frame.function,
    ...(frame.file === undefined ? {} : { file: frame.file }),
    ...(frame.line === undefined ? {} : { line: frame.line }),
  };
  const inlined = [...calls, own];
  const shown = inlined.find(({ file }) => file !== undefined && !/(?:^|\/)include\//.test(file));
  const { file = frame.file, line = frame.line } = shown ?? {};
  return {
    ...frame,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    inlined,
  };
}

/** The trace that shows the cause: the first, or for stalls that of the processor that hangs. */
export function chooseTrace(kind: CrashKind, traces: readonly Trace[]): Trace {
  const none: Trace = { fault: undefined, frames: [], cpuLine: undefined, byRequest: false };
  const [first = none] = traces;
  if (kind !== 'rcu-stall' && kind !== 'hard-lockup' && kind !== 'workqueue-stall') return first;
  const telling = (trace: Trace): boolean =>
    trace.fault?.module !== undefined ||
    trace.frames.some((frame) => frame.module !== undefined && frame.uncertain !== true);
  return (
    traces.find(telling) ??
    traces.find(({ byRequest, frames }) => byRequest && !frames.every(isUninteresting)) ??
    traces.find(({ frames }) => !frames.every(isUninteresting)) ??
    first
  );
}
