import type { Processor } from './processors.ts';

/**
 * What a processor does over several looks: `stopped` for good (halted without interrupts, or never
 * started), `stuck` in one place of the kernel, or `working`, which is all else, an idle one too.
 */
export type ProcessorState = 'stopped' | 'stuck' | 'working';

/** One look: every processor, and the processor time that each has had by then, in ms. */
export interface Look {
  readonly processors: readonly Processor[];
  readonly usedMs: readonly number[];
}

/**
 * Share of the looks in which a stuck processor is on one stack. The rest may show it in an
 * interrupt, which has a stack of its own: a loop that holds a lock is still interrupted.
 */
const sameStackShare = 0.75;
/** Fewer looks tell nothing. */
const fewestLooks = 6;

/**
 * What each processor does. A stuck one has run for `provenMs` of processor time since the first
 * look: one that a busy host gives no time looks the same each time, and is well. Pure.
 */
export function judgeProcessors(looks: readonly Look[], provenMs: number): ProcessorState[] {
  const [first] = looks;
  const last = looks.at(-1);
  if (first === undefined || last === undefined) return [];
  return first.processors.map((_processor, index) => {
    const seen = looks.flatMap(({ processors }) => processors[index] ?? []);
    if (seen.every(isStopped)) return 'stopped';
    const ranMs = (last.usedMs[index] ?? 0) - (first.usedMs[index] ?? 0);
    const proven = looks.length >= fewestLooks && ranMs >= provenMs;
    return proven && mayBeStuck(seen) ? 'stuck' : 'working';
  });
}

/** Whether further looks may still show that a processor is stuck. Pure. */
export function mayBeStuck(seen: readonly Processor[]): boolean {
  if (!seen.every(({ halted, inKernel, paging }) => !halted && inKernel && paging)) return false;
  const counts = new Map<string, number>();
  for (const { stack } of seen) counts.set(stack, (counts.get(stack) ?? 0) + 1);
  return seen.length < fewestLooks || Math.max(...counts.values()) >= sameStackShare * seen.length;
}

/** Halted where no interrupt comes through. Linux' idle loop halts with interrupts on. */
export function isStopped({ halted, interruptible }: Processor): boolean {
  return halted && !interruptible;
}

/**
 * Whether a machine whose processors were seen so is off for all that it does: every one is
 * stopped, and an operating system was on one of them. Pure.
 */
export function isHalted(looks: readonly Pick<Look, 'processors'>[]): boolean {
  return (
    looks.length > 0 &&
    looks.every(
      ({ processors }) =>
        processors.every((each) => isStopped(each) || !isStarted(each)) &&
        processors.some((each) => isStopped(each) && each.paging),
    )
  );
}

/** With KVM a processor that waits for its start-up interrupt is not called halted: it is in real mode, in the kernel's ring, without interrupts. */
function isStarted({ paging, interruptible, inKernel }: Processor): boolean {
  return paging || interruptible || !inKernel;
}
