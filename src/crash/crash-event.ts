/** Kinds of crashes, stable ids; docs/crashes.md says what each means. */
export const crashKinds = [
  'null-dereference',
  'use-after-free',
  'double-free',
  'out-of-bounds',
  'uninitialised-value',
  'memory-corruption',
  'list-corruption',
  'refcount',
  'usercopy',
  'stack-overflow',
  'general-protection',
  'page-fault',
  'divide-error',
  'undefined-behaviour',
  'invalid-opcode',
  'double-fault',
  'machine-check',
  'atomic-sleep',
  'soft-lockup',
  'hard-lockup',
  'hung-task',
  'rcu-stall',
  'rcu-usage',
  'workqueue-stall',
  'deadlock',
  'bad-unlock',
  'data-race',
  'bad-page',
  'memory-leak',
  'allocation-failure',
  'irq-unhandled',
  'oom-kill',
  'no-root',
  'no-init',
  'init-killed',
  'bug',
  'warning',
  'oops',
  'panic',
] as const;

export type CrashKind = (typeof crashKinds)[number];

/** A place in the kernel's source. */
export interface SourceLine {
  /** As the debug information has it, shortened: below the kernel's tree, or a path of this host. */
  readonly file: string;
  readonly line: number;
}

/** A function that the compiler put into another one. */
export interface InlinedCall extends Partial<SourceLine> {
  readonly function: string;
}

/** A function with a place in it, as the kernel prints it: `read+0x4c/0x180 [lunix]`. */
export interface CodePlace {
  readonly function: string;
  /** Bytes from the function's start, and its size; -1 for a size that is not told. */
  readonly offset: number;
  readonly size: number;
  readonly module?: string | undefined;
  /** The module's build id in hexadecimal digits, where the kernel prints it. */
  readonly buildId?: string | undefined;
}

/** One line of a call trace. */
export interface TraceFrame extends CodePlace, Partial<SourceLine> {
  /** `?` in the trace: an address that lay on the stack, perhaps of an earlier call. */
  readonly uncertain?: boolean | undefined;
  /** An address of the next instruction (a call's return address), not of the one that ran. */
  readonly isReturn?: boolean | undefined;
  /** What was inlined at this place, the innermost first. */
  readonly inlined?: readonly InlinedCall[] | undefined;
}

/** Something went wrong in the kernel, as one event: what it printed about it, read. */
export interface Crash extends Partial<Omit<CodePlace, 'buildId'>>, Partial<SourceLine> {
  /** Counts the crashes of one log, from 1. */
  readonly number: number;
  /** Counts the boots in one log, from 1: a guest that rebooted goes on in the same log. */
  readonly boot: number;
  readonly kind: CrashKind;
  /** Seconds since the kernel's start. */
  readonly time?: number | undefined;
  readonly cpu?: number | undefined;
  readonly task?: string | undefined;
  readonly pid?: number | undefined;
  /** The line that says what happened, without time and prefix. */
  readonly message: string;
  /** The kernel's release: `6.1.0-56-amd64`. */
  readonly release?: string | undefined;
  /** The address that was used, and how, for faults. */
  readonly address?: bigint | undefined;
  readonly access?: 'read' | 'write' | 'execute' | undefined;
  /** Taint letters, `G OE`; undefined for a kernel that is not tainted. */
  readonly tainted?: string | undefined;
  /** The reason of the panic that it ended in; undefined while the kernel goes on. */
  readonly panic?: string | undefined;
  /** The place of the fault first, then its callers. */
  readonly trace: readonly TraceFrame[];
  /** Modules of the trace that are not part of the kernel's own tree. */
  readonly ownModules: readonly string[];
  /** The console's lines, plain. */
  readonly text: string;
}
