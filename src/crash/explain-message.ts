import type { Crash } from './crash-event.ts';

/** What a report's own words tell beyond its kind. */
export interface MessageText {
  readonly phrase: string;
  readonly what: string;
  readonly next: string;
}

/** The first that matches the message counts. */
const texts: readonly (readonly [RegExp, MessageText])[] = [
  [
    /^BUG: using \S+ in preemptible/,
    {
      phrase: 'per-processor data used where the task can move',
      what: 'smp_processor_id() or a variable of one processor was used while the kernel may move the task to another one at any moment. The kernel only warns; the value may belong to the wrong processor.',
      next: 'Use get_cpu() and put_cpu() (or get_cpu_var, preempt_disable) around the use, or raw_smp_processor_id() where any processor will do.',
    },
  ],
  [
    /^usercopy: [Kk]ernel memory \w+ attempt detected (?:to|from) (?:SLUB|SLAB|SLOB)? ?object|^usercopy: [Kk]ernel memory .*(?:kmalloc-|SLUB)/,
    {
      phrase: 'copy to or from user space longer than its kmalloc object',
      what: 'copy_to_user (exposure) or copy_from_user (overwrite) was told to copy more bytes than the object of kmalloc has behind that offset; the message names the cache, the offset and the size.',
      next: "Compare the length with the size that was allocated: min(count, sizeof(buffer)), and the file's position with the end.",
    },
  ],
  [
    /^Buffer overflow detected \(/,
    {
      phrase: 'copy to or from user space longer than its buffer',
      what: 'The compiler knows the size of the buffer; the length given to copy_to_user or copy_from_user is larger. Nothing was copied.',
      next: "Limit the length to the buffer's size, as in min(count, sizeof(buffer)).",
    },
  ],
  [
    /Objects remaining |^kmem_cache_destroy .* still has objects/,
    {
      phrase: 'objects left in a cache at its end',
      what: 'kmem_cache_destroy was called, as a rule when the module was removed, while objects of that cache were still allocated: each is a leak, and pointers to them stay behind.',
      next: 'Free every object with kmem_cache_free before kmem_cache_destroy, on error paths too; rcu_barrier() first where they are freed by RCU.',
    },
  ],
  [
    /^ODEBUG: /,
    {
      phrase: 'object freed while it was active',
      what: 'A timer, a work item or another object that the kernel still uses was freed or set up again; the message names its kind, the hint its callback.',
      next: 'Stop it before the memory goes: timer_delete_sync (del_timer_sync), cancel_work_sync.',
    },
  ],
  [
    /^unregister_netdevice: /,
    {
      phrase: 'network device is still in use',
      what: 'A network device cannot go, since somebody still holds a reference to it; whoever removes it waits. A missing dev_put() or a leaked socket or route looks like this.',
      next: 'Pair every dev_hold with one dev_put.',
    },
  ],
  [
    /^VFS: Busy inodes/,
    {
      phrase: 'files in use after the unmount',
      what: 'A file system was taken away while inodes of it were still referenced: an iget or igrab without iput.',
      next: 'Pair every reference to an inode with one iput.',
    },
  ],
  [
    /IO-APIC \+ timer/,
    {
      phrase: 'kernel panic',
      what: 'The kernel got no interrupts from the timer at its start. No module is to blame: the host was too slow to deliver them in time, as it happens under emulation and load.',
      next: 'Start the machine again; where it comes back, add no_timer_check to the kernel command line.',
    },
  ],
  [
    /^rust_kernel: panicked/,
    {
      phrase: 'Rust panic',
      what: 'Rust code in the kernel has panicked: an index out of bounds, an unwrap() of nothing, an overflow. The next line of the report has its words.',
      next: 'Read the condition at that line: it says what was expected.',
    },
  ],
];

/** What a crash's own message tells; undefined where its kind says it all. Pure. */
export function explainMessage({ message, panic }: Crash): MessageText | undefined {
  return texts.find(([pattern]) => pattern.test(message) || pattern.test(panic ?? ''))?.[1];
}
