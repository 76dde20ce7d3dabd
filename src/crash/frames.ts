import { isMachinery } from './machinery.ts';
import type { CodePlace, InlinedCall, TraceFrame } from './crash-event.ts';

/** `read.isra.0+0x4c/0x180 [lunix 1f2e…]`; module and its build id are optional. */
const place = String.raw`([\w.$]+)\+0x([\da-f]+)(?:\/0x([\da-f]+))?(?: \[([\w-]+)(?:\([A-Z]+\))?(?: ([\da-f]{16,64}))?\])?`;

/** Addresses that some processors' kernels print before a frame: one, or that of the stack too. */
const addresses = String.raw`^\s*(?:\(?\[<?[\da-f]{8,16}>?\][ :]*){0,2}`;
/** A line of the source, of the kernel's scripts/decode_stacktrace.sh or of syzkaller. */
const source = String.raw`\(?([\w./+-]{1,200}\.(?:[chS]|cc|cpp|rs|inc)):(\d{1,7})`;

const frameLine = new RegExp(
  String.raw`${addresses}(\? )?${place}(?:\s*\((?:[A-Z]+|unreliable|[\da-f]{8,16})\))?(?:\s+${source}[^\[\]]{0,200}?)?(?: \[?([\w-]{1,60})\]?)?\)?\s*$`,
);
/** Decoded, without the place in bytes: `read (fs/read_write.c:12) lunix`. */
const decodedLine = new RegExp(
  String.raw`${addresses}(\? )?([\w.$]+) ${source}[^\[\]]{0,200}?\)(?: \[?([\w-]{1,60})\]?)?\s*$`,
);
const inlineLine = new RegExp(
  String.raw`^\s*(?:\[< *inline *>\]\s*)?([\w.$]+) ${source}(?: \[inline\])?\s*$`,
);
/** 32-bit Arm with its own unwinder: `[<addr>] (read [lunix]) from [<addr>] (vfs_read+0x1/0x2)`. */
const armFrame = new RegExp(
  String.raw`^\s*(?:\[<[\da-f]+>\] ?)?\(?(?<called>[\w.$]+)(?:\+0x[\da-f/x]+)?(?: \[(?<calledModule>[\w-]+)\])?\)? from (?:\[<[\da-f]+>\] ?)?\(?${place}`,
);
/** The same where a mail or a page has broken the line before `from`. */
const armHalf = new RegExp(String.raw`^\s*(?:from )?\[<[\da-f]{8}>\] ?\(${place}\)\s*$`);

/** Where the processor was: x86, 32-bit x86 with old wordings, Arm, RISC-V, MIPS, LoongArch, POWER, s390, SPARC. */
const pointer = String.raw`^(?:RIP: (?!0033|002b)[\da-f]{4}:(?:\[<[\da-f]+>\]\s+){0,2}|(?:IP|EIP|RIP): (?:00[16]\d:)?(?:\[<[\da-f]+>\] )?|EIP is at |(?:pc|epc|PC is at|ERA|era|NIP|nip) {0,4}:? (?:\[?[\da-f]{8,16}\]? )?|Krnl PSW : [\da-f]{16} [\da-f]{16} \(|TPC: <|PC: \[<[\da-f]+>\] )`;
const pointerLine = new RegExp(pointer + place);
const sourceAnywhere = new RegExp(source);
const pointerDecoded = new RegExp(String.raw`${pointer}([\w.$]+) ${source}`);

/** A module at the end of a line. */
const lastWord = / \[([\w-]+)(?:\([A-Z]+\))?(?: [\da-f]{16,64})?\]\s*$/;

/** A frame of a call trace; undefined for every other line. */
export function readFrame(text: string): TraceFrame | undefined {
  // POWER's place of an exception, within the trace.
  const message = text.includes('--- interrupt')
    ? text.replace(/^\s*--- interrupt: [\da-f]{3,4} at /, ' ')
    : text;
  const hasPlace = message.includes('+0x');
  const match = hasPlace ? frameLine.exec(message) : null;
  if (match !== null) {
    const [, uncertain, ...parts] = match;
    const [file, line, last] = parts.slice(5);
    return {
      ...codePlace(parts),
      ...(file === undefined ? {} : { file, line: Number(line) }),
      ...(parts[3] === undefined && last !== undefined ? { module: last } : {}),
      isReturn: true,
      ...(uncertain === undefined ? {} : { uncertain: true }),
    };
  }
  const decoded = message.includes(' (') ? decodedLine.exec(message) : null;
  if (decoded !== null) {
    const [, uncertain, name = '', file = '', line, module] = decoded;
    return {
      ...{ function: name, offset: 0, size: -1, file, line: Number(line) },
      ...(module === undefined ? {} : { module }),
      ...(uncertain === undefined ? {} : { uncertain: true }),
    };
  }
  if (!hasPlace || !(message.includes(' from ') || message.includes('[<'))) return undefined;
  const parts = armFrame.exec(message)?.slice(3) ?? armHalf.exec(message)?.slice(1);
  return parts === undefined ? undefined : { ...codePlace(parts), isReturn: true };
}

/** A function that the compiler put into the one of the next frame: `read_pnet include/x.h:12 [inline]`. */
export function readInlined(message: string): InlinedCall | undefined {
  if (!message.includes('inline')) return undefined;
  const [, name, file, line] = inlineLine.exec(message) ?? [];
  return name === undefined || file === undefined
    ? undefined
    : { function: name, file, line: Number(line) };
}

/** The place of a fault, from the line with the instruction pointer. */
export function readInstructionPointer(message: string): TraceFrame | undefined {
  if (!message.includes('+0x') && !message.includes('.')) return undefined;
  if (message.includes('[inline]')) return undefined;
  const match = pointerLine.exec(message);
  if (match === null) {
    const [, name, file, line] = pointerDecoded.exec(message) ?? [];
    if (name === undefined || file === undefined) return undefined;
    const module = /\) \[?([\w-]{1,60})\]?\s*$/.exec(message)?.[1];
    return {
      ...{ function: name, offset: 0, size: -1, file, line: Number(line) },
      ...(module === undefined ? {} : { module }),
    };
  }
  const read = codePlace(match.slice(1));
  // What a program printed may part the place from its module.
  const module = read.module ?? lastWord.exec(message)?.[1];
  const [, file, line] = sourceAnywhere.exec(message) ?? [];
  return {
    ...read,
    ...(module === undefined ? {} : { module }),
    ...(file === undefined ? {} : { file, line: Number(line) }),
  };
}

const placeAnywhere = new RegExp(String.raw`(?:^|[\s(<])${place}`);

/** A place inside a sentence: `BUG: KASAN: use-after-free in read+0x4c/0x180 [lunix]`. */
export function findPlace(message: string): CodePlace | undefined {
  const match = placeAnywhere.exec(message);
  return match === null ? undefined : codePlace(match.slice(1));
}

function codePlace(parts: readonly (string | undefined)[]): CodePlace {
  const [name = '', offset = '0', size, module, buildId] = parts;
  return {
    function: name,
    offset: Number.parseInt(offset, 16),
    size: size === undefined ? -1 : Number.parseInt(size, 16),
    ...(module === undefined ? {} : { module }),
    ...(buildId === undefined ? {} : { buildId }),
  };
}

const entryFrames =
  /^(?:entry_\w+|do_syscall_\w+|x64_sys_call|__?x64_sys_\w+|__?ia32_sys_\w+|__?se_sys_\w+|do_int80\w*|do_fast_syscall\w*|el0t?_\w+|do_el0_svc\w*|invoke_syscall|kthread|worker_thread|rescuer_thread|process_(?:one_work|scheduled_works)|secondary_startup\w*|start_secondary|cpu_startup_entry|x86_64_start\w*|kernel_init\w*|do_one_initcall|do_initcalls|syscall_\w+|system_call\w*|sysenter_\w+|ret_fast_syscall|kernel_thread_\w+|rest_init|start_kernel|secondary_start_kernel|stub_\w+|tracesys\w*|ret_from_fork\w*)(?:\.(?:cold|isra|constprop|part)\b.*)?$/;

/** Whether a line is a frame as Arm prints it, without a head before the trace: `a from b+0x1/0x2`. */
export function isArmFrame(message: string): boolean {
  return (
    message.includes('+0x') &&
    (message.includes(' from ') || message.includes('[<')) &&
    (armFrame.test(message) || armHalf.test(message))
  );
}

/** The function on the left of Arm's `a from b+0x1/0x2`: where the trace begins. */
export function readCalled(message: string): TraceFrame | undefined {
  const { called, calledModule } = armFrame.exec(message)?.groups ?? {};
  if (called === undefined) return undefined;
  return {
    ...{ function: called, offset: 0, size: -1 },
    ...(calledModule === undefined ? {} : { module: calledModule }),
  };
}

/** Whether a frame says nothing about the cause: the way into the kernel, or machinery. */
export function isUninteresting(frame: TraceFrame): boolean {
  if (frame.uncertain === true || entryFrames.test(frame.function)) return true;
  // A call of panic() and its like does not return: what is printed is the function behind the caller.
  const isBehind = frame.isReturn === true && frame.offset === 0 && frame.size > 0;
  return isBehind || isMachinery(frame);
}
