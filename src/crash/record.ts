import { isArmFrame, readFrame, readInstructionPointer } from './frames.ts';
import type { ConsoleLine } from './console-line.ts';
import type { OwnHead } from './own-heads.ts';
import type { CrashStart } from './report-start-rule.ts';

/** How far a report has come: its first lines, its registers and traces, behind its end. */
export type RecordPhase = 'header' | 'body' | 'ended';

/** The lines of one report, as they come in. */
export interface CrashRecord {
  readonly number: number;
  readonly boot: number;
  /** The speakers whose lines are its own. */
  readonly speakers: Set<string>;
  readonly lines: ConsoleLine[];
  /** Lines that a start rule knows, with the index of the line. */
  readonly starts: { readonly start: CrashStart; readonly index: number }[];
  phase: RecordPhase;
  /** Something that only the kernel prints has come: registers, a trace. */
  hasBody: boolean;
  /** How many of the lines belong for sure; what follows them may be somebody else's. */
  belonging: number;
  /** Lines since the last one that belongs. */
  strangers: number;
  /** Characters kept. */
  length: number;
  /** The reason of the panic that it ended in. */
  panic: string | undefined;
  /** Byte of the log behind its last line that belongs. */
  endByte: number;
  /** Lines seen since its end. */
  afterEnd: number;
  /** A head that was learnt from its first line: then only a trace or registers make it a report. */
  head: OwnHead | undefined;
}

/** Most that is kept of one report: a few times the longest that Linux prints (out of memory, lockdep). */
export const longestRecord = { lines: 1_000, characters: 96 * 1024 } as const;

const bodyLine = new RegExp(
  `^(?:${[
    'CPU: ?\\d|CPU \\d|caller is |\\[<|CPU#|Hardware name:|Workqueue:|Tainted:|task: ?\\w|task:|Call [Tt]race|Backtrace:|Code:|Modules linked in|Stack:',
    'RIP: |EIP|IP: |RSP: |RA|RB|RC|RD|RS|R\\d\\d: |EA|ES|FS: |GS: |CS: |DS: |CR2|DR\\d|PKRU|PGD |#PF: |Oops: |Process |Unable to access opcode',
    'pc : |lr : |sp : |x\\d+ ?: |pstate: |Mem abort info|Data abort info|ESR|EC = |SET = |EA = |FSC = |ISV = |CM = |user pgtable|\\[[\\da-f]{16}\\] ',
    '---\\[ |Kernel Offset: |Rebooting in |Dumping ftrace|Sending NMI|NMI backtrace|Preemption disabled|INFO: lockdep|INFO: NMI handler|rcu: |\\(detected by|\\(t=\\d|Kernel panic',
    'Read of size|Write of size|Allocated by|Freed by|Last potentially|The buggy|which belongs|The address|Memory state|page: ?\\w|page:|flags: |raw: |page dumped|kfence-#|allocated by|freed by|==+|Object |Redzone|Padding|Bytes b4|INFO: |FIX |>?[\\da-f]{8,16}: |Disabling lock|Reported by',
    'Mem-Info|active_anon|active_file|Node \\d|DMA|Normal|lowmem_reserve|Tasks state|\\[ +pid|\\[ *\\d+\\] +\\d|oom-kill:|oom_reaper|Out of memory|Free swap|Total swap|\\d+ (?:pages|total pagecache)|Memory cgroup',
    'NIP|LR|MSR|GPR|Krnl |Failing |Fault in|AS:|TPC|TSTATE|epc|ra *:|ERA|PRMD|status: |\\$ ?\\d|Cause|BadVA|PrId|gp : |t\\d : |s\\d : |a\\d : |st\\d|Unable to handle|backtrace|comm "|hex dump|Uninit was|Local variable|(?:read|write)(?:-write)? |value changed|race at|Use-after-free|Out-of-bounds|Invalid|unwind stack|Insn dump|BUG: KASAN|(?:hard|soft)irq|8<---',
    '(?:[\\da-f]{8,16} )?\\(.{1,200}\\)\\{.{1,12}\\}.{0,8}, at: |stack backtrace|other info|Possible unsafe|locks held|\\d+ locks? held|#\\d+: |\\*\\*\\*|-> #|but task|which lock|the existing|swapper|-----|preempt_count|in_atomic|RCU nest|handlers:|note: |Fixing rec|"echo 0|in_irq|softirqs|hardirqs|irq event|context-|bdi|Last Breaking|EIP is|ESP:|array-index|index \\d|shift exponent|load of value|member access',
  ].join('|')})`,
);

/** Registers or a trace: with them, what was printed is a report and not a driver's own word. */
const evidenceLine =
  /^(?:CPU: ?\d|CPU: UID|Pid: \d+, comm: |Call [Tt]race|NIP|Krnl PSW|epc |epc:|TPC|Reported by|Modules linked in|RIP: |EIP|pc : |Backtrace:|Hardware name:|task:)/;

/** Whether a line looks like one of a report's. */
export function belongsToReport({ message }: ConsoleLine): boolean {
  // Frames are the most of a report's lines.
  if (readFrame(message) !== undefined) return true;
  const trimmed = message.trimStart();
  return (
    bodyLine.test(trimmed) ||
    /^<\/?[A-Z#]\w*>/.test(trimmed) ||
    readInstructionPointer(trimmed) !== undefined
  );
}

export function isEvidence({ message }: ConsoleLine): boolean {
  return evidenceLine.test(message.trimStart()) || isArmFrame(message);
}

export function openRecord(number: number, boot: number, speaker: string): CrashRecord {
  return {
    number,
    boot,
    speakers: new Set([speaker]),
    lines: [],
    starts: [],
    phase: 'header',
    hasBody: false,
    belonging: 0,
    strangers: 0,
    length: 0,
    panic: undefined,
    endByte: 0,
    afterEnd: 0,
    head: undefined,
  };
}

/** Adds a line; those beyond `longestRecord` are only counted. `belongs` also takes in what came before it. */
export function addLine(
  record: CrashRecord,
  line: ConsoleLine,
  belongs: boolean,
  endByte: number,
): void {
  const fits =
    record.lines.length < longestRecord.lines &&
    record.length + line.text.length <= longestRecord.characters;
  if (fits) {
    record.lines.push(line);
    record.length += line.text.length + 1;
  }
  if (!belongs) {
    record.strangers += 1;
    return;
  }
  record.strangers = 0;
  record.endByte = endByte;
  if (fits) record.belonging = record.lines.length;
}

/** Adds a line that says what the report is about. */
export function addStart(
  record: CrashRecord,
  start: CrashStart,
  line: ConsoleLine,
  endByte: number,
): void {
  record.starts.push({ start, index: record.lines.length });
  addLine(record, line, true, endByte);
}

/** The report is complete; a panic that it leads to may still come. */
export function endRecord(record: CrashRecord): void {
  record.phase = 'ended';
  record.afterEnd = 0;
}
