import { isArmFrame, isUninteresting, readFrame, readInstructionPointer } from './frames.ts';
import type { CodePlace, CrashKind, TraceFrame } from './types.ts';

/** One call trace of a report, with the registers printed before it. */
export interface Trace {
  /** Where the processor was, when that was in the kernel. */
  readonly fault: CodePlace | undefined;
  readonly frames: readonly TraceFrame[];
  /** The line that names processor and task. */
  readonly cpuLine: string | undefined;
  /** Printed by a processor that was asked what it is doing. */
  readonly byRequest: boolean;
}

const traceStart = /^(?:Call [Tt]race|Backtrace|stack backtrace):/;
const otherStack = /^(?:(?:Allocated|Freed|allocated|freed) by|-> #\d|Last potentially)/;

/** Every call trace in a report's messages, in order. */
export function collectTraces(messages: readonly string[]): readonly Trace[] {
  const traces: Trace[] = [];
  let fault: CodePlace | undefined;
  let cpuLine: string | undefined;
  let byRequest = false;
  let frames: TraceFrame[] | undefined;

  function finish(): void {
    if (frames !== undefined || fault !== undefined) {
      traces.push({ fault, frames: frames ?? [], cpuLine, byRequest });
    }
    frames = undefined;
    fault = undefined;
    cpuLine = undefined;
    byRequest = false;
  }

  for (const message of messages) {
    const trimmed = message.trimStart();
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
      continue;
    }
    if (/CPU: ?\d+ (?:UID: \d+ )?PID: /.test(trimmed)) {
      if (frames !== undefined && frames.length > 0) finish();
      cpuLine = trimmed;
      continue;
    }
    if (frames === undefined && isArmFrame(message)) frames = [];
    const frame = frames === undefined ? undefined : readFrame(message);
    if (frame !== undefined) frames?.push(frame);
  }
  finish();
  return traces;
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
