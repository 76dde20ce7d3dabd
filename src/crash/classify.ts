import { collectTraces } from './traces.ts';
import type { CrashRecord } from './record.ts';
import { panicKind } from './report-starts.ts';
import type { CrashKind } from './crash-event.ts';

/** What a report is about, and the line of it that says so. */
export interface Verdict {
  readonly kind: CrashKind;
  readonly title: string;
}

/** Addresses below are a NULL pointer with an offset: the kernel maps nothing there (mmap_min_addr). */
const nullPage = 4096n;

/** Judges a report by its telling line; undefined when there is none, or it was a driver's own word. */
export function classify(record: CrashRecord): Verdict | undefined {
  // A decoded title is printed once for each inlined function, the real one last.
  const inlined = ({ index }: { readonly index: number }): number =>
    record.lines[index]?.message.endsWith('[inline]') === true ? 1 : 0;
  const telling = record.starts
    .filter(({ start }) => start.kind !== undefined)
    .toSorted((a, b) => b.start.rank - a.start.rank || inlined(a) - inlined(b))[0];
  if (telling === undefined || telling.start.kind === undefined) return undefined;
  const { start } = telling;
  if ((start.needsBody === true || record.head !== undefined) && !record.hasBody) return undefined;
  const title = record.lines[telling.index]?.message ?? '';
  const kind = telling.start.kind;
  const messages = record.lines.map(({ message }) => message);
  if (kind === 'oops' || start.id === 'bug' || start.id === 'fault-code') {
    const address = summarisedAddress(messages);
    if (address !== undefined) return { kind: kindOfAddress(address), title };
  }
  if (kind === 'panic') return { kind: panicKind(record.panic ?? ''), title };
  if (kind === 'page-fault') return { kind: pageFaultKind(title, messages), title };
  if (kind === 'general-protection') return { kind: protectionKind(messages), title };
  if (kind === 'bug' || kind === 'invalid-opcode' || kind === 'warning') {
    return { kind: bugKind(kind, title, messages), title };
  }
  if (kind === 'undefined-behaviour') return { kind: undefinedKind(messages), title };
  if (
    kind === 'double-fault' &&
    messages.some((line) => /stack overflow|stack guard/i.test(line))
  ) {
    return { kind: 'stack-overflow', title };
  }
  return { kind, title };
}

function pageFaultKind(title: string, messages: readonly string[]): CrashKind {
  const address =
    /(?:address:?|at) (?:0x)?([\da-f]{8,16})\b/.exec(title)?.[1] ?? failingAddress(messages);
  if (address === undefined) return 'page-fault';
  return kindOfAddress(BigInt(`0x${address}`));
}

/** s390 tells the page's address behind the title; its last bits are flags. */
function failingAddress(messages: readonly string[]): string | undefined {
  return messages.map((line) => /^Failing address: ([\da-f]{16})/.exec(line)?.[1]).find(Boolean);
}

function kindOfAddress(address: bigint): CrashKind {
  return address < nullPage ? 'null-dereference' : 'page-fault';
}

/**
 * The address of x86's page fault from the lines behind its report's first: one that
 * a program's output cuts in two still has them. A line with CR2 alone sums the
 * fault up at the report's end (page_fault_oops() in arch/x86/mm/fault.c); CR2 among
 * the other registers may be of a later fault.
 */
export function summarisedAddress(messages: readonly string[]): bigint | undefined {
  const isFault = messages.some((message) => /^#?PF: /.test(message));
  if (!isFault && faultCode(messages) === undefined) return undefined;
  const address = messages
    .map((message) => /^CR2: ([\da-f]{16})$/.exec(message)?.[1])
    .find(Boolean);
  return address === undefined ? undefined : BigInt(`0x${address}`);
}

/** The error code of x86's page fault; since Linux 6.9 die() says `Oops` once more before it. */
export function faultCode(messages: readonly string[]): number | undefined {
  const code = messages
    .map((message) => /^(?:Oops: ){1,2}([\da-f]{4}) \[#/.exec(message.trimStart())?.[1])
    .find(Boolean);
  return code === undefined ? undefined : Number.parseInt(code, 16);
}

/** KASAN turns a NULL pointer into an address that is none; it tells so in a line of its own. */
function protectionKind(messages: readonly string[]): CrashKind {
  return messages.some((message) => /^KASAN: .*null-ptr-deref/.test(message))
    ? 'null-dereference'
    : 'general-protection';
}

/** UBSAN of kernels before 5.0 has one title for all; the line behind it tells what it is. */
function undefinedKind(messages: readonly string[]): CrashKind {
  if (messages.some((message) => /^index -?\d+ is out of range for type /.test(message))) {
    return 'out-of-bounds';
  }
  return messages.some((message) => message.startsWith('division by zero'))
    ? 'divide-error'
    : 'undefined-behaviour';
}

/** Checks in the allocator and in lists stop with a plain BUG(); where it stands tells which check. */
function bugKind(kind: CrashKind, title: string, messages: readonly string[]): CrashKind {
  const where = /(?:kernel BUG at | at )(\S+):\d+/.exec(title)?.[1] ?? '';
  if (where.endsWith('lib/list_debug.c')) return 'list-corruption';
  if (where.endsWith('lib/refcount.c')) return 'refcount';
  if (where.endsWith('mm/usercopy.c')) return 'usercopy';
  if (/mm\/sl[ua]b\.c$/.test(where)) {
    const names = collectTraces(messages).flatMap(({ fault, frames }) => [
      ...(fault === undefined ? [] : [fault.function]),
      ...frames.slice(0, 4).map((frame) => frame.function),
    ]);
    if (names.includes('__check_heap_object')) return 'usercopy';
    return names.some((name) => /free|freepointer/.test(name)) && kind !== 'warning'
      ? 'double-free'
      : kind;
  }
  return kind;
}
