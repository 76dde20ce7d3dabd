import { chooseTrace, collectTraces, type Trace } from './traces.ts';
import { classify, faultCode, summarisedAddress } from './classify.ts';
import { blame } from './blame.ts';
import { findPlace } from './frames.ts';
import type { CrashRecord } from './record.ts';
import type { CodePlace, Crash, SourceLine, TraceFrame } from './crash-event.ts';

/** Longest message that is kept, in characters. */
const longestMessage = 300;

/** Makes an event of a report's lines; undefined for lines that turned out to be no crash. Pure. */
export function readCrash(record: CrashRecord): Crash | undefined {
  const verdict = classify(record);
  if (verdict === undefined) return undefined;
  const { kind, title } = verdict;
  const lines = record.lines.slice(0, record.belonging);
  const messages = lines.map(({ message }) => message);
  const trace = chooseTrace(kind, collectTraces(messages));
  const frames = withFault(trace);
  const place = blame(verdict, messages, trace, frames);
  const who = readTask(title, messages, trace);
  return compact({
    number: record.number,
    boot: record.boot,
    kind,
    time: lines.find(({ time }) => time !== undefined)?.time,
    cpu: who.cpu,
    task: who.task,
    pid: who.pid,
    ...(place === undefined ? {} : placeOf(place)),
    ...(sourceOf(title, place) ?? sourceOfFrame(place, frames)),
    message: title.slice(0, longestMessage),
    release: firstMatch(messages, /^CPU: (?:\S+ +)*?(\d+\.\d+\.\d\S*)(?: #|$)/),
    ...readAddress(kind, title, messages),
    tainted: readTaint(messages),
    panic: record.panic,
    trace: frames,
    ownModules: readOwnModules(messages),
    text: lines.map(({ text }) => text).join('\n'),
  });
}

/** The trace with the place of the fault as its first frame. */
function withFault({ fault, frames }: Trace): readonly TraceFrame[] {
  if (fault === undefined) return frames;
  const first = frames.find(({ uncertain }) => uncertain !== true);
  // Traces from an exception's frame on start with the place itself.
  if (first?.function === fault.function && first.offset === fault.offset) {
    return frames.map((frame) => (frame === first ? { ...frame, isReturn: false } : frame));
  }
  return [{ ...fault }, ...frames];
}

function placeOf({ function: name, module, offset, size }: CodePlace): Partial<Crash> {
  return { function: name, offset, size, ...(module === undefined ? {} : { module }) };
}

/** Some titles name file and line themselves: `kernel BUG at`, `WARNING: … at`, UBSAN, Rust's panics. */
function sourceOf(title: string, place: CodePlace | undefined): SourceLine | undefined {
  const match =
    /(?:ernel BUG at | at | in (?:[\w.]{1,200} \()?|WARNING: (?:\[.{0,300}?\] )?|panicked at (?:'.{0,300}?', )?)(\/?[\w./+-]+\.(?:[chS]|rs)):(\d+)/.exec(
      title,
    );
  const named = findPlace(title);
  if (match === null || (named !== undefined && named.function !== place?.function))
    return undefined;
  // A line in a header or in a function of the kernel's is not where the driver went wrong.
  if (place?.module !== undefined && named === undefined && /\b(?:lib|mm|kernel)\//.test(title))
    return undefined;
  return { file: match[1] ?? '', line: Number(match[2]) };
}

/** A decoded trace has the line in the frame itself. */
function sourceOfFrame(
  place: CodePlace | undefined,
  frames: readonly TraceFrame[],
): Partial<SourceLine> {
  const frame = frames.find((each) => each.function === place?.function && each.file !== undefined);
  return frame?.file === undefined || frame.line === undefined
    ? {}
    : { file: frame.file, line: frame.line };
}

interface Who {
  readonly cpu: number | undefined;
  readonly task: string | undefined;
  readonly pid: number | undefined;
}

/** Titles that name the task: `[insmod:901]`, `task cat:812 blocked`, `insmod/812/0x2`, `Killed process 901 (hog)`. */
const taskInTitle: readonly RegExp[] = [
  /^INFO: task (?<task>.+):(?<pid>\d+) (?:blocked|can't die)/,
  /stuck for \S+ \[(?<task>.+):(?<pid>\d+)\]/,
  /scheduling while atomic: (?<task>.+)\/(?<pid>\d+)\//,
  /Kill(?:ed)? process (?<pid>\d+) \((?<task>.+?)\)/,
  /^(?:traps: )?(?<task>\S+)\[(?<pid>1)\]/,
  /,? CPU#(?<cpu>\d+): (?<task>.+)\/(?<pid>\d+)$/,
  / in preemptible \[\w+\] code: (?<task>.+)\/(?<pid>\d+)$/,
];

function readTask(title: string, messages: readonly string[], trace: Trace): Who {
  const named = taskInTitle
    .map((pattern) => pattern.exec(title)?.groups)
    .find((groups) => groups !== undefined);
  const line = trace.cpuLine ?? messages.find((message) => cpuLine.test(message));
  const groups = cpuLine.exec(line ?? '')?.groups;
  const cpu =
    /(?:CPU#(?=\d+ stuck)|LOCKUP on cpu |Watchdog CPU:)(\d+)/.exec(title)?.[1] ??
    named?.['cpu'] ??
    groups?.['cpu'];
  return {
    cpu: numberOf(cpu),
    task: named?.['task'] ?? groups?.['task'],
    pid: numberOf(named?.['pid'] ?? groups?.['pid']),
  };
}

const cpuLine =
  /CPU: ?(?<cpu>\d+) (?:UID: \d+ )?PID: (?<pid>\d+) (?:Comm: (?<task>.+?) (?:Not tainted|Tainted|Kdump)|at )/;

function readTaint(messages: readonly string[]): string | undefined {
  const letters = firstMatch(messages, /Tainted: ([A-Z](?:[A-Z ]*[A-Z])?) +(?=\S*\d)/);
  return letters?.trim().replaceAll(/\s+/g, ' ');
}

function readOwnModules(messages: readonly string[]): readonly string[] {
  const list = firstMatch(messages, /^Modules linked in: (.*)/) ?? '';
  // Word by word: letters without an end are looked at once, not from each of them on.
  return list.split(' ').flatMap((word) => {
    const [, name, flags = ''] = /^(\w{1,64})\(([A-Z]{0,16})[+-]?\)$/.exec(word) ?? [];
    return name !== undefined && flags.includes('O') ? [name] : [];
  });
}

/** The title of a fault names the address; what kind of access it was stands in a line below it. */
function readAddress(
  kind: Crash['kind'],
  title: string,
  messages: readonly string[],
): Pick<Crash, 'address' | 'access'> {
  if (!['null-dereference', 'page-fault', 'general-protection'].includes(kind)) return {};
  const text =
    /(?:address:?|at|on (?:read|write) at|non-canonical address|for address) (?:0x)?([\da-f]{8,16})\b/.exec(
      title,
    )?.[1];
  const address =
    summarisedAddress(messages) ?? (text === undefined ? undefined : BigInt(`0x${text}`));
  if (address === undefined) return {};
  const how = messages.find((message) => /^#PF: .* access in/.test(message)) ?? '';
  const access = /instruction fetch/.test(how)
    ? 'execute'
    : / write /.test(how)
      ? 'write'
      : / read /.test(how)
        ? 'read'
        : accessOf(faultCode(messages));
  return { address, access };
}

/** The error code of x86's page fault: bit 1 is a write, bit 4 an instruction fetch. */
function accessOf(code: number | undefined): Crash['access'] {
  if (code === undefined) return undefined;
  if ((code & 16) !== 0) return 'execute';
  return (code & 2) === 0 ? 'read' : 'write';
}

function firstMatch(messages: readonly string[], pattern: RegExp): string | undefined {
  for (const message of messages) {
    const match = pattern.exec(message.trimStart());
    if (match !== null) return match[1];
  }
  return undefined;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** Leaves out what is not known, so that JSON and comparisons do. */
function compact(crash: Crash): Crash {
  return Object.fromEntries(
    Object.entries(crash).filter(([, value]) => value !== undefined),
  ) as unknown as Crash;
}
