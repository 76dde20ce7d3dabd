import type { QmpClient } from './client.ts';
import { humanMonitor } from './queries.ts';

/** What one look at a virtual processor shows, as far as it tells whether a guest lives. */
export interface Processor {
  /** It executes nothing until an interrupt comes. */
  readonly halted: boolean;
  /** Interrupts reach it (IF of RFLAGS). Without them, nothing ends a halt but a reset. */
  readonly interruptible: boolean;
  /** It is in the kernel (CPL 0), not in a program. */
  readonly inKernel: boolean;
  /** An operating system runs on it (CR0.PG): before that it is the firmware's, or not started yet. */
  readonly paging: boolean;
  /** Its stack's block of 16 KiB: Linux' kernel stacks are that large (THREAD_SIZE on x86-64). */
  readonly stack: string;
}

const eflagsIf = 0x200;
const cr0Pg = 0x8000_0000;
/** THREAD_SIZE: 4 pages; the lowest 14 bits of an address in it. */
const stackBits = 14n;

/**
 * Reads `info registers -a`, which has the same lines in QEMU 5.2 to 11.1, with KVM and without.
 * A processor whose lines are not there is left out. Pure.
 */
export function parseRegisters(text: string): Processor[] {
  return text.split(/^CPU#\d+\s*$/m).flatMap((part) => {
    const state = /\b[RE]FL=([\da-f]+) .*\bCPL=(\d) .*\bHLT=(\d)/i.exec(part);
    const cr0 = /\bCR0=([\da-f]+)/i.exec(part)?.[1];
    const stack = /\b[RE]SP=([\da-f]+)/i.exec(part)?.[1];
    if (state === null || cr0 === undefined || stack === undefined) return [];
    const [, flags = '', level = '', halted = ''] = state;
    return [
      {
        halted: halted === '1',
        interruptible: (Number.parseInt(flags, 16) & eflagsIf) !== 0,
        inKernel: level === '0',
        // Not by a bit operation: those have 32 bits and a sign.
        paging: Number.parseInt(cr0, 16) >= cr0Pg,
        stack: (BigInt(`0x${stack}`) >> stackBits).toString(16),
      },
    ];
  });
}

/** Looks at every processor, without stopping any. Throws what the monitor throws. */
export async function queryProcessors(client: QmpClient): Promise<readonly Processor[]> {
  return parseRegisters(await humanMonitor(client, 'info registers -a'));
}

/** Threads of QEMU in which the processors run, in their order. */
export async function queryProcessorThreads(client: QmpClient): Promise<readonly number[]> {
  const processors =
    await client.execute<readonly { readonly 'thread-id': number }[]>('query-cpus-fast');
  return processors.map((each) => each['thread-id']);
}
