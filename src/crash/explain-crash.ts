import { explainMessage } from './explain-message.ts';
import { explainFault, faultPhrase } from './explain-fault.ts';
import type { Crash, CrashKind } from './crash-event.ts';

/** A crash in plain words, for somebody who writes a driver. */
export interface Explanation {
  /** What happened, in a few words: `NULL pointer read`. */
  readonly phrase: string;
  /** What it usually means, one to three sentences. */
  readonly what: string;
  /** What to do next about the cause; empty where only the place can be looked at. */
  readonly next: string;
}

interface KindText {
  readonly phrase: string;
  readonly what: string;
  /** Without it: look at the line. */
  readonly next?: string;
}

/** What each kind usually means. Faults say more, by their address: explain-fault.ts. */
export const kindTexts: Readonly<Record<CrashKind, KindText>> = {
  'null-dereference': {
    phrase: 'NULL pointer',
    what: 'A pointer that was never set, or was set to NULL, was followed. Often private_data, a list entry, or the result of an allocation that was not checked.',
  },
  'page-fault': {
    phrase: 'bad address',
    what: 'An address was used that nothing is mapped at: memory that was freed, a pointer that was overwritten, or an index far outside its array.',
  },
  'general-protection': {
    phrase: 'bad pointer',
    what: 'An address was used that no pointer can have: the pointer was overwritten, read from freed memory, or never set.',
  },
  'use-after-free': {
    phrase: 'use after free',
    what: 'Memory was used after it was freed: a pointer to it was kept in a list, a timer, a work item or private_data.',
    next: 'Find who frees it, and take every pointer to it away before: del_timer_sync, cancel_work_sync, list_del, or a reference count.',
  },
  'double-free': {
    phrase: 'double free',
    what: 'The same memory was freed twice, or a pointer that no allocation gave was freed. Often an error path and the clean-up both free it.',
    next: 'Set the pointer to NULL where it is freed, and let only one place free it.',
  },
  'out-of-bounds': {
    phrase: 'access out of bounds',
    what: 'An access reached beyond the end (or before the start) of an array or an allocation: an index that was not checked, or one byte too few for the final 0.',
    next: 'Check the length before the access; look at the size that was allocated.',
  },
  'uninitialised-value': {
    phrase: 'value that was never set',
    what: 'A decision, a copy or an address depended on memory that nobody had written to.',
    next: 'Use kzalloc instead of kmalloc, or set every field before it is read.',
  },
  'memory-corruption': {
    phrase: 'memory overwritten',
    what: 'Somebody wrote where nothing of theirs is: past the end of an allocation, or into freed memory. The function in the report only noticed.',
    next: 'Look at what lies before it in memory, and at every write with a length.',
  },
  'list-corruption': {
    phrase: 'list corrupted',
    what: 'A list entry was deleted or added twice, freed while it was still in the list, or changed by two processors without a lock.',
    next: 'Hold one lock for every list_add and list_del of that list; use list_del_init where an entry may be deleted again.',
  },
  refcount: {
    phrase: 'reference count wrong',
    what: 'An object was put more often than it was taken, or taken after its count had come to 0: what follows is a use after free.',
    next: 'Pair every get with one put, on error paths too; start with kref_init or refcount_set.',
  },
  usercopy: {
    phrase: 'copy to or from user space too long',
    what: 'copy_to_user or copy_from_user was told to copy more than the kernel object holds. The kernel stopped it, since it would leak or overwrite its memory.',
    next: "Limit the length to the object's size, as in min(count, sizeof(buffer)).",
  },
  'stack-overflow': {
    phrase: 'kernel stack overflow',
    what: 'The kernel stack (16 KiB) was used up or overwritten: a recursion without an end, or a large array as a local variable.',
    next: 'Allocate large buffers with kmalloc; look in the trace for a function that calls itself.',
  },
  'divide-error': {
    phrase: 'division by zero',
    what: 'A divisor was 0 (or the result did not fit).',
    next: 'Check the divisor; a value from the device or from user space can be anything.',
  },
  'undefined-behaviour': {
    phrase: 'undefined behaviour',
    what: 'The compiler may do anything with such code: a shift by too much, an overflow of a signed number, a value that its type cannot hold.',
  },
  'invalid-opcode': {
    phrase: 'instruction that does not exist',
    what: 'The processor met bytes that are no instruction: a jump through an overwritten function pointer, or a BUG() whose line is not told.',
  },
  'double-fault': {
    phrase: 'double fault',
    what: 'A fault happened while another one was being handled; most often the kernel stack has overflowed.',
    next: 'Look for a recursion, or for a large local array.',
  },
  'machine-check': {
    phrase: 'hardware error',
    what: 'The processor reported broken hardware. In a virtual machine it comes from the host.',
    next: "Look at the host's own log: dmesg.",
  },
  'atomic-sleep': {
    phrase: 'sleep in atomic context',
    what: 'Something that may sleep was called where sleeping is not allowed: with a spinlock held, with interrupts or preemption off, or in an interrupt handler. msleep, mutex_lock, copy_to_user and kmalloc with GFP_KERNEL may all sleep. A missing unlock before it looks the same.',
    next: 'Copy under the lock into a local variable and do what sleeps after the unlock; or use a mutex; or GFP_ATOMIC.',
  },
  'soft-lockup': {
    phrase: 'soft lockup',
    what: 'A processor ran in the kernel for many seconds without letting anything else run: a loop whose end never comes, or a spinlock that is never released (a missing unlock, or taken twice).',
    next: 'Look at the loop; if it waits for a lock, look for the path that returns without unlocking.',
  },
  'hard-lockup': {
    phrase: 'hard lockup',
    what: 'A processor ran with interrupts off for many seconds: a loop or a spinlock wait inside spin_lock_irqsave or an interrupt handler.',
    next: 'Look for the lock that an interrupt handler and this code both take.',
  },
  'hung-task': {
    phrase: 'task hangs',
    what: 'A task has slept uninterruptibly (state D) for minutes: a mutex that nobody releases (a missing unlock, also by a task that died in an oops), or a wake-up that never comes.',
    next: 'Look for the path that returns without unlocking; wait with wait_event_interruptible.',
  },
  'rcu-stall': {
    phrase: 'RCU stall',
    what: 'A processor did not pass through a quiescent state for seconds: a loop without an end, with preemption or interrupts off or within rcu_read_lock.',
    next: 'Look at the loop; cond_resched() lets others run where sleeping is allowed.',
  },
  'rcu-usage': {
    phrase: 'RCU used without its lock',
    what: 'Data that RCU protects was read without rcu_read_lock or the lock that stands in for it.',
  },
  'workqueue-stall': {
    phrase: 'workqueue stalled',
    what: 'A work item has kept its processor for tens of seconds, so that no other work ran.',
  },
  deadlock: {
    phrase: 'deadlock',
    what: 'Locks are taken in an order that can block for ever: the same one twice, two in both orders, or one that an interrupt handler takes too.',
    next: 'Take locks in one order everywhere; spin_lock_irqsave for those that interrupt handlers take.',
  },
  'bad-unlock': {
    phrase: 'lock released wrongly',
    what: 'A lock was released that was not held, by somebody else, or was still held at the end: an unlock is missing or there is one too many.',
  },
  'data-race': {
    phrase: 'data race',
    what: 'Two processors used the same variable at once, at least one of them writing, without a lock.',
    next: 'Hold a lock at both places, or use READ_ONCE and WRITE_ONCE where that is enough.',
  },
  'bad-page': {
    phrase: 'page in a bad state',
    what: 'A page was freed while it was in use, freed twice, or its management data was overwritten.',
  },
  'memory-leak': {
    phrase: 'memory leak',
    what: 'Memory was allocated that nothing points to any more, or was still there when its cache was destroyed.',
    next: 'cat /sys/kernel/debug/kmemleak in the guest shows who allocated it; free it on every path.',
  },
  'allocation-failure': {
    phrase: 'allocation failed',
    what: 'The kernel had no free memory of that size in one piece. The caller gets NULL.',
    next: 'Ask for less, or use kvmalloc or vmalloc for large buffers; check the result.',
  },
  'irq-unhandled': {
    phrase: 'interrupt that nobody handled',
    what: 'An interrupt came again and again and no handler said that it was its own; the kernel has switched it off.',
    next: 'Return IRQ_HANDLED where the device had asked, and quiet the device before the handler returns.',
  },
  'oom-kill': {
    phrase: 'out of memory',
    what: 'The guest had no memory left, and the kernel killed the task that used most. A module that allocates without freeing leads here too.',
    next: 'In the guest: free -m; slabtop shows what the kernel holds. UTOPIA_MEMORY_MB=2048 utopia up gives it more.',
  },
  'no-root': {
    phrase: 'no root file system',
    what: 'The kernel cannot mount its root. A kernel of your own without an initramfs needs virtio PCI, virtio block and ext4 built in (Y, not M), and root=/dev/vda1.',
    next: 'utopia up without --kernel boots the kernel of the disk, utopia up --boot-entry previous the one before. Then set CONFIG_VIRTIO_PCI, CONFIG_VIRTIO_BLK and CONFIG_EXT4_FS to y: utopia kernel check names what is missing.',
  },
  'no-init': {
    phrase: 'no init',
    what: 'The root file system is mounted, but has no program to start with: another partition, an empty one, or a wrong init=.',
    next: 'Look at root= and init= on the kernel command line.',
  },
  'init-killed': {
    phrase: 'the first process died',
    what: 'init (process 1) crashed or ended, and the kernel cannot go on without it: a damaged library, a wrong init= or an initramfs script that ended.',
    next: 'Boot the old kernel (utopia up without --kernel, or --boot-entry previous), or go back with utopia reset (your overlay is kept).',
  },
  bug: {
    phrase: 'BUG',
    what: 'The code itself has found a state that must not be (BUG_ON), and stopped there.',
    next: 'Read the condition at that line: it says what was expected.',
  },
  warning: {
    phrase: 'warning',
    what: 'The code has found a state that should not be (WARN_ON) and went on. What comes after it may be its consequence.',
    next: 'Read the condition at that line: it says what was expected.',
  },
  oops: {
    phrase: 'oops',
    what: 'The processor reported a fault in kernel code.',
  },
  panic: {
    phrase: 'kernel panic',
    what: 'The kernel stopped itself. Its reason is in the message.',
    next: 'Read the lines before the panic in the console log.',
  },
};

/** Explains a crash. Pure. */
export function explainCrash(crash: Crash): Explanation {
  const { phrase, what, next } = explainMessage(crash) ?? kindTexts[crash.kind];
  return {
    phrase: faultPhrase(crash) ?? phrase,
    what: explainFault(crash) ?? what,
    next: next ?? '',
  };
}
