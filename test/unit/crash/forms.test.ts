import { describe, expect, test } from 'vitest';
import { explainCrash } from '../../../src/crash/explain-crash.ts';
import { crashSeverity } from '../../../src/crash/headline.ts';
import type { Crash } from '../../../src/crash/crash-event.ts';
import { scanInPieces } from '../../support/crash-corpus.ts';

/** A form of a report, and what is read from it: `kind function [module] file:line`. */
interface Form {
  readonly name: string;
  readonly lines: readonly string[];
  readonly expected: string;
}

const cpu = 'CPU: 0 PID: 410 Comm: cat Tainted: G           O       6.1.0 #1';
/** A trace, as x86 prints it. */
const trace = (...frames: readonly string[]): string[] => [
  ...['Call Trace:', ' <TASK>'],
  ...frames.map((frame) => ` ${frame}`),
  ' </TASK>',
];
const mine = 'my_read+0x20/0x60 [lunix]';
const vfs = 'vfs_read+0x9d/0x2b0';

/** The form's first lines, with the usual trace behind them. */
function form(expected: string, ...lines: readonly string[]): Form {
  return { name: `${lines[0]} (${expected})`, lines, expected };
}

const forms: readonly Form[] = [
  // Of public reports: who waits, allocates or prints for somebody is passed by.
  form(
    'hung-task my_flush [lunix]',
    'INFO: task cat:410 blocked for more than 120 seconds.',
    ...trace('__switch_to+0xc0/0x104', 'schedule+0x74/0x94', 'my_flush+0x10/0x20 [lunix]'),
  ),
  form(
    'allocation-failure my_rx [lunix]',
    'cat: page allocation failure: order:0, mode:0x20',
    cpu,
    ...trace(
      'warn_alloc+0x114/0x1a8',
      'page_frag_alloc+0x158/0x170',
      '__netdev_alloc_skb+0x84/0xec',
      'my_rx+0xac/0x1bc [lunix]',
    ),
  ),
  form(
    'allocation-failure my_probe [lunix]',
    'cat: page allocation failure: order:9, mode:0x20',
    cpu,
    ...trace('warn_alloc+0x1/0x9', 'swiotlb_alloc_coherent+0x67/0x130', 'my_probe+0x8/0xe [lunix]'),
  ),
  form(
    'bug my_poll [lunix] net/core/skbuff.c:192',
    'kernel BUG at net/core/skbuff.c:192!',
    'invalid opcode: 0000 [#1] SMP',
    cpu,
    'RIP: 0010:skb_panic+0x4f/0x60',
    ...trace('skb_over_panic+0x1/0x9', 'skb_put+0x4e/0x50', 'my_poll+0x6fa/0xb50 [lunix]'),
  ),
  form(
    'irq-unhandled my_chained_irq [lunix]',
    'irq 86: nobody cared (try booting with the "irqpoll" option)',
    cpu,
    ...trace(
      '__report_bad_irq+0x3c/0xdc',
      'note_interrupt+0x29c/0x2ec',
      'handle_irq_event+0x54/0x78',
      'my_chained_irq+0x38/0x50 [lunix]',
    ),
  ),
  form(
    'usercopy my_read [lunix]',
    'Buffer overflow detected (8 < 16)!',
    'WARNING: CPU: 0 PID: 410 at include/linux/thread_info.h:2 __copy_overflow+0x10/0x20',
    cpu,
    ...trace(mine),
  ),
  // Every frame of a kernel without frame pointers is uncertain; a pointer is no call.
  form(
    'atomic-sleep my_update [lunix]',
    'BUG: scheduling while atomic: cat/410/0x00000002',
    cpu,
    ...trace(
      '? __schedule_bug+0x5c/0x60',
      '? my_thread+0x0/0x60 [lunix]',
      '? my_other+0x60/0x60 [lunix]',
      '? my_update+0x20/0x60 [lunix]',
    ),
  ),
  form(
    'rcu-stall',
    'rcu: INFO: rcu_sched detected stalls on CPUs/tasks:',
    ...trace('schedule+0x34/0xa0', '? __next_timer_interrupt+0xc0/0xd0', 'kthread+0x1/0x9'),
  ),
  // Cut off before the trace.
  form(
    'deadlock my_lock [lunix]',
    'WARNING: possible circular locking dependency detected',
    'cat/410 is trying to acquire lock:',
    'ffff88820660b570 (&wp->lock){+.+.}, at: my_lock+0x22b/0x550 [lunix]',
    'but task is already holding lock:',
  ),
  form(
    'out-of-bounds my_ioctl [lunix] drv/a.c:35',
    'WARNING: CPU: 2 PID: 1712 at drv/a.c:35 my_ioctl+0x290/0x2c8 [lunix]',
    'memcpy: detected field-spanning write (size 4) of single field "p" at drv/a.c:35 (size 2)',
  ),
  // Two processors at once; a mail that breaks Arm’s lines.
  form(
    'page-fault my_read [lunix]',
    '[  625.659654] Unable to handle kernel paging request at virtual address 000ee028',
    '[  625.659773] Unable to handle kernel paging request at virtual address 000e1028',
    '[  625.659788] Internal error: Oops: 96000005 [#1] SMP',
    `[  625.659828] PC is at ${mine}`,
  ),
  form(
    'atomic-sleep my_fault [lunix]',
    '[  512.742724] BUG: sleeping function called from invalid context at kernel/rtmutex.c:658',
    '[  512.744631] [<c041872c>] (unwind_backtrace+0x0/0x104)',
    '[  512.745001] from [<c09af0c4>] (dump_stack+0x20/0x24)',
    '[  512.746073] [<c0441bf0>] (my_fault+0x34/0xf0 [lunix])',
  ),
  // Titles.
  form(
    'divide-error my_read [lunix]',
    'divide_error: 0000 [#1] PREEMPT SMP KASAN',
    cpu,
    `RIP: 0010:${mine}`,
    ...trace(vfs),
  ),
  form(
    'divide-error my_read [lunix]',
    'Oops: divide error: 0000 [#1] PREEMPT SMP',
    cpu,
    `RIP: 0010:${mine}`,
    ...trace(vfs),
  ),
  form(
    'hung-task my_read [lunix]',
    'INFO: task cat:410 blocked in I/O wait for more than 143 seconds.',
    ...trace(
      '__schedule+0x1/0x9',
      'schedule+0x1/0x9',
      'io_schedule+0x1/0x9',
      'folio_wait_bit_common+0x1/0x9',
      mine,
      vfs,
    ),
  ),
  form(
    'hung-task my_read [lunix]',
    "INFO: task cat:410 can't die for more than 143 seconds.",
    ...trace('__schedule+0x1/0x9', mine),
  ),
  form(
    'warning my_read [lunix] drivers/lunix.c:120',
    'WARNING: drivers/lunix.c:120 at my_read+0x20/0x60 [lunix], CPU#1: cat/410',
    ...trace(vfs),
  ),
  form(
    'warning my_read [lunix] drivers/lunix.c:120',
    'WARNING: [count > 4] drivers/lunix.c:120 at my_read+0x20/0x60 [lunix], CPU#1: cat/410',
    ...trace(vfs),
  ),
  form(
    'warning my_read [lunix] drivers/lunix.c:120',
    'WARNING: CPU: 1 PID: 410 at drivers/lunix.c:120 my_read+0x20/0x60 [lunix]',
    cpu,
    ...trace(vfs),
  ),
  form(
    'warning my_read [lunix]',
    'BUG: using smp_processor_id() in preemptible [00000000] code: cat/410',
    'caller is my_read+0x20/0x60 [lunix]',
    cpu,
    ...trace('dump_stack_lvl+0x34/0x44', 'check_preemption_disabled+0xdd/0xe0', mine),
  ),
  form(
    'warning my_read [lunix]',
    'BUG: using __this_cpu_add() in preemptible [00000000] code: cat/410',
    'caller is __this_cpu_preempt_check+0x13/0x20',
    cpu,
    ...trace('dump_stack_lvl+0x34/0x44', 'check_preemption_disabled+0xdd/0xe0', mine),
  ),
  form(
    'bad-unlock my_read [lunix]',
    'WARNING: cat/410 still has locks held!',
    cpu,
    ...trace('dump_stack_lvl+0x1/0x9', 'debug_check_no_locks_held+0x1/0x9', mine),
  ),
  form(
    'bad-unlock my_read [lunix]',
    'BUG: cat/410 still has locks held!',
    cpu,
    ...trace('dump_stack+0x1/0x9', mine),
  ),
  form(
    'deadlock my_read [lunix]',
    'WARNING: Nested lock was not taken',
    cpu,
    ...trace(
      'dump_stack+0x1/0x9',
      '__lock_acquire+0x1/0x9',
      'lock_acquire+0x1/0x9',
      '_raw_spin_lock+0x1/0x9',
      mine,
    ),
  ),
  form(
    'usercopy my_read [lunix]',
    'usercopy: kernel memory exposure attempt detected from ffff8800 (kmalloc-64) (128 bytes)',
    'kernel BUG at mm/usercopy.c:75!',
    'invalid opcode: 0000 [#1] SMP',
    cpu,
    'RIP: 0010:__check_object_size+0x1/0x9',
    ...trace(mine),
  ),
  form(
    'usercopy my_read [lunix]',
    'Buffer overflow detected (8 < 16)!',
    'WARNING: CPU: 0 PID: 410 at mm/maccess.c:227 __copy_overflow+0x1/0x9',
    cpu,
    ...trace(mine),
  ),
  form(
    'use-after-free my_read [lunix]',
    'BUG: KASan: use after free in my_read+0x20/0x60 [lunix] at addr ffff8800',
    cpu,
    ...trace(vfs),
  ),
  form(
    'use-after-free my_read [lunix]',
    'BUG: KASAN: slab-use-after-free in __list_del_entry_valid+0x1/0x9',
    'Read of size 8 at addr ffff8800 by task cat/410',
    cpu,
    ...trace(
      'dump_stack_lvl+0x1/0x9',
      'print_report+0x1/0x9',
      'kasan_report+0x1/0x9',
      '__list_del_entry_valid+0x1/0x9',
      mine,
    ),
  ),
  form(
    'data-race my_read [lunix]',
    'BUG: KCSAN: data-race in my_read / my_write',
    '',
    'write to 0xffff8881 of 4 bytes by task 410 on cpu 0:',
    ' my_read+0x20/0x60 [lunix]',
    ` ${vfs}`,
    '',
    'read to 0xffff8881 of 4 bytes by task 411 on cpu 1:',
    ' my_write+0x1/0x9 [lunix]',
    'Reported by Kernel Concurrency Sanitizer on:',
    cpu,
  ),
  form(
    'uninitialised-value my_read [lunix]',
    'BUG: KMSAN: uninit-value in my_read+0x20/0x60 [lunix]',
    ' my_read+0x20/0x60 [lunix]',
    ` ${vfs}`,
    '',
    'Uninit was created at:',
    ' slab_post_alloc_hook+0x1/0x9',
    '',
    cpu,
  ),
  form(
    'use-after-free my_read [lunix]',
    'BUG: KFENCE: use-after-free read in my_read+0x20/0x60 [lunix]',
    '',
    'Use-after-free read at 0x00000000 (in kfence-#1):',
    ' my_read+0x20/0x60 [lunix]',
    ` ${vfs}`,
    '',
    cpu,
  ),
  form(
    'memory-leak my_read [lunix]',
    'BUG: memory leak',
    'unreferenced object 0xffff888 (size 64):',
    '  comm "cat", pid 410, jiffies 42 (age 1s)',
    '  hex dump (first 32 bytes):',
    '  backtrace (crc 12ab):',
    '    kmalloc_trace+0x1/0x9',
    '    my_read+0x20/0x60 [lunix]',
  ),
  form(
    'memory-leak my_exit [lunix]',
    'kmem_cache_destroy lunix: Slab cache still has objects when called from my_exit+0x1d/0x2f [lunix]',
    'WARNING: CPU: 0 PID: 410 at mm/slab_common.c:498 kmem_cache_destroy+0x1/0x9',
    cpu,
    ...trace('my_exit+0x1d/0x2f [lunix]'),
  ),
  form(
    'use-after-free my_read [lunix]',
    'ODEBUG: free active (active state 0) object type: timer_list hint: my_timer+0x0/0x20 [lunix]',
    'WARNING: CPU: 0 PID: 410 at lib/debugobjects.c:505 debug_print_object+0x1/0x9',
    cpu,
    ...trace('debug_check_no_obj_freed+0x1/0x9', 'kfree+0x1/0x9', mine),
  ),
  form(
    'list-corruption my_read [lunix]',
    'list_add double add: new=ffff, prev=ffff, next=ffff.',
    'kernel BUG at lib/list_debug.c:33!',
    'invalid opcode: 0000 [#1] SMP',
    cpu,
    'RIP: 0010:__list_add_valid+0x1/0x9',
    ...trace(mine),
  ),
  form(
    'refcount my_read [lunix]',
    'refcount_t: underflow; use-after-free.',
    'WARNING: CPU: 0 PID: 410 at lib/refcount.c:28 refcount_warn_saturate+0x1/0x9',
    cpu,
    'RIP: 0010:refcount_warn_saturate+0x1/0x9',
    ...trace(mine),
  ),
  form('hung-task', 'unregister_netdevice: waiting for lo to become free. Usage count = 2'),
  form(
    'refcount',
    'VFS: Busy inodes after unmount of loop0. Self-destruct in 5 seconds.  Have a nice day...',
  ),
  form('bad-page', 'BUG: non-zero pgtables_bytes on freeing mm: 4096'),
  form(
    'panic',
    "Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug",
    cpu,
    ...trace('panic+0x1/0x9', 'my_read+0x20/0x60 [lunix]'),
  ),
  form(
    'bug my_read [lunix] samples/rust/lunix.rs:12',
    'rust_kernel: panicked at samples/rust/lunix.rs:12:9:',
    'index out of bounds',
    '------------[ cut here ]------------',
    'kernel BUG at rust/helpers/bug.c:7!',
    'Oops: invalid opcode: 0000 [#1] PREEMPT SMP',
    cpu,
    'RIP: 0010:rust_helper_BUG+0x8/0x10',
    ...trace('_RNvCsi_4core9panicking18panic_bounds_check+0x1/0x9', mine),
  ),
  form(
    'bug my_read [lunix]',
    'CFI failure at my_read+0x20/0x60 [lunix] (target: my_call+0x0/0x8 [lunix]; expected type: 0x12)',
    'Oops: invalid opcode: 0000 [#1] SMP',
    cpu,
    'RIP: 0010:my_read+0x20/0x60 [lunix]',
    ...trace(vfs),
  ),
  form(
    'oops my_read [lunix]',
    'stack segment: 0000 [#1] SMP',
    cpu,
    `RIP: 0010:${mine}`,
    ...trace(vfs),
  ),
  form(
    'oops my_read [lunix]',
    'Oops: stack segment: 0000 [#1] SMP',
    cpu,
    `RIP: 0010:${mine}`,
    ...trace(vfs),
  ),
  form(
    'null-dereference __run_timers',
    'BUG: unable to handle kernel NULL pointer dereference at 0000000000000000',
    'IP:           (null)',
    'Oops: 0010 [#1] SMP',
    cpu,
    'RIP: 0010:0x0',
    'Call Trace:',
    ' <IRQ>',
    ' ? call_timer_fn+0x1/0x9',
    ' __run_timers+0x1/0x9',
    ' irq_exit+0x1/0x9',
    ' </IRQ>',
    ' vfs_read+0x9d/0x2b0',
  ),
  // Other processors.
  form(
    'null-dereference my_read [lunix]',
    'Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010',
    'Oops [#1]',
    'Modules linked in: lunix(O)',
    cpu,
    'epc : my_read+0x20/0x60 [lunix]',
    ' ra : vfs_read+0x1/0x9',
    '[<ffffffff80001234>] my_read+0x20/0x60 [lunix]',
    '[<ffffffff80001238>] vfs_read+0x9d/0x2b0',
  ),
  form(
    'bug my_read [lunix] drivers/lunix.c:12',
    'kernel BUG at drivers/lunix.c:12!',
    'Kernel BUG [#1]',
    'Modules linked in: lunix(O)',
    cpu,
    'epc : my_read+0x20/0x60 [lunix]',
  ),
  form(
    'oops my_read [lunix]',
    'Oops - illegal instruction [#1]',
    'Modules linked in: lunix(O)',
    cpu,
    'epc : my_read+0x20/0x60 [lunix]',
  ),
  form(
    'null-dereference my_read [lunix]',
    'CPU 0 Unable to handle kernel paging request at virtual address 00000010, epc == 80123456, ra == 80123458',
    'Oops[#1]:',
    cpu,
    'epc   : 80123456 my_read+0x20/0x60 [lunix]',
    'ra    : 80123458 vfs_read+0x9d/0x2b0',
    'Call Trace:',
    '[<80123456>] my_read+0x20/0x60 [lunix]',
    '[<80123458>] vfs_read+0x9d/0x2b0',
  ),
  form(
    'null-dereference my_read [lunix]',
    'CPU 0 Unable to handle kernel paging request at virtual address 0000000000000010, era == 9000000000012345, ra == 9000000000012346',
    'Oops[#1]:',
    cpu,
    '   ra: 9000000000012346 vfs_read+0x9d/0x2b0',
    '  ERA: 9000000000012345 my_read+0x20/0x60 [lunix]',
  ),
  form(
    'null-dereference my_read [lunix]',
    'BUG: Kernel NULL pointer dereference on read at 0x00000010',
    'Faulting instruction address: 0xc000000000012345',
    'Oops: Kernel access of bad area, sig: 11 [#1]',
    cpu,
    'NIP:  c000000000012345 LR: c000000000012346 CTR: 0000000000000000',
    'NIP [c000000000012345] my_read+0x20/0x60 [lunix]',
    'LR [c000000000012346] vfs_read+0x9d/0x2b0',
    'Call Trace:',
    '[c000000012345678] [c000000000012346] vfs_read+0x9d/0x2b0 (unreliable)',
  ),
  form(
    'null-dereference my_read [lunix]',
    'Unable to handle kernel pointer dereference in virtual kernel address space',
    'Failing address: 0000000000000000 TEID: 0000000000000483',
    'Oops: 0004 ilc:2 [#1] SMP',
    cpu,
    'Krnl PSW : 0704c00180000000 000003ff80123456 (my_read+0x20/0x60 [lunix])',
    'Call Trace:',
    ' [<000003ff80123456>] my_read+0x20/0x60 [lunix]',
    '([<000003ff80123458>] vfs_read+0x9d/0x2b0)',
  ),
  form(
    'oops my_read [lunix]',
    'illegal operation: 0001 ilc:1 [#1] SMP',
    cpu,
    'Krnl PSW : 0704c00180000000 000003ff80123456 (my_read+0x20/0x60 [lunix])',
  ),
  form(
    'oops my_read [lunix]',
    'SError Interrupt on CPU0, code 0x00000000be000011 -- SError',
    cpu,
    'pc : my_read+0x20/0x60 [lunix]',
    'lr : vfs_read+0x9d/0x2b0',
    'Call trace:',
    ' my_read+0x20/0x60 [lunix]',
    'Kernel panic - not syncing: Asynchronous SError Interrupt',
  ),
  form(
    'null-dereference my_read [lunix]',
    '8<--- cut here ---',
    'Unable to handle kernel NULL pointer dereference at virtual address 00000010',
    'pgd = (ptrval)',
    'Internal error: Oops: 17 [#1] SMP ARM',
    cpu,
    'PC is at my_read+0x20/0x60 [lunix]',
    'LR is at vfs_read+0x9d/0x2b0',
  ),
  form(
    'use-after-free my_read [lunix]',
    'BUG: KASAN: use-after-free in __asan_load8+0x1/0x9',
    cpu,
    'Call trace:',
    ' dump_backtrace+0x1/0x9',
    ' __do_kernel_fault+0x1/0x9',
    ' __asan_load8+0x1/0x9',
    ' my_read+0x20/0x60 [lunix]',
  ),
  // Frames of the infrastructure, and decoded traces.
  form(
    'rcu-stall my_read [lunix]',
    'INFO: rcu_sched self-detected stall on CPU',
    '\t0-...: (20999 ticks this GP) idle=1/1/0',
    cpu,
    'Call Trace:',
    ' <IRQ>',
    ' sched_show_task+0x1/0x9',
    ' rcu_dump_cpu_stacks+0x1/0x9',
    ' arch_trigger_cpumask_backtrace+0x1/0x9',
    ' rcu_check_callbacks+0x1/0x9',
    ' update_process_times+0x1/0x9',
    ' </IRQ>',
    ` ${mine}`,
    ` ${vfs}`,
  ),
  form(
    'refcount my_read [lunix]',
    'WARNING: CPU: 0 PID: 410 at lib/refcount.c:28 refcount_sub_and_test+0x1/0x9',
    'Kernel panic - not syncing: panic_on_warn set ...',
    cpu,
    'Call Trace:',
    ' dump_stack+0x1/0x9',
    ' panic+0x1/0x9',
    ' __warn.cold.1+0x1/0x9',
    ' report_bug+0x1/0x9',
    ' fixup_bug+0x1/0x9',
    ' do_error_trap+0x1/0x9',
    ' do_invalid_op+0x1/0x9',
    ' invalid_op+0x1/0x9',
    'RIP: 0010:refcount_sub_and_test+0x1/0x9',
    ` ${mine}`,
  ),
  form(
    'null-dereference my_read [lunix] lunix.c:42',
    'BUG: kernel NULL pointer dereference, address: 0000000000000010',
    'Oops: 0000 [#1] SMP',
    cpu,
    'RIP: 0010:my_read (/home/a/lunix.c:42) lunix',
    'Call Trace:',
    ' vfs_read (fs/read_write.c:468)',
    ' ksys_read (fs/read_write.c:613 (discriminator 1))',
  ),
  form(
    'atomic-sleep my_read [lunix] lunix.c:42',
    'BUG: scheduling while atomic: cat/410/0x00000002',
    cpu,
    'Call Trace:',
    ' dump_stack_lvl (lib/dump_stack.c:107 (discriminator 1))',
    ' __schedule_bug (kernel/sched/core.c:5943)',
    ' schedule (kernel/sched/core.c:6700)',
    ' my_read (/home/a/lunix.c:42) lunix',
  ),
  form(
    'use-after-free my_read [lunix] lunix.c:42',
    'BUG: KASAN: use-after-free in atomic_read include/linux/atomic.h:26 [inline]',
    'BUG: KASAN: use-after-free in my_read+0x20/0x60 [lunix] lunix.c:42',
    cpu,
    'Call Trace:',
    ' __dump_stack lib/dump_stack.c:88 [inline]',
    ' dump_stack+0x1/0x9 lib/dump_stack.c:120',
    ' atomic_read include/linux/atomic.h:26 [inline]',
    ' my_helper lunix.c:42 [inline]',
    ' my_read+0x20/0x60 lunix.c:50 [lunix]',
  ),
];

test.each(forms)('$name', ({ lines, expected }) => {
  const stamped = lines.map((line) => `[  100.000001] ${line}`).join('\n');
  const found = scanInPieces(Buffer.from(`${stamped}\n`)).map((crash) =>
    [
      crash.kind,
      crash.function,
      crash.module === undefined ? undefined : `[${crash.module}]`,
      expected.includes('.') && crash.line !== undefined
        ? `${crash.file?.replace('/home/a/', '')}:${crash.line}`
        : undefined,
    ]
      .filter((part) => part !== undefined)
      .join(' '),
  );
  expect(found).toEqual([expected]);
});

describe('what the kernel’s own words tell', () => {
  const crash: Crash = {
    ...{ number: 1, boot: 1, kind: 'general-protection', message: '', trace: [], ownModules: [] },
    text: '',
  };

  test('a deleted list entry, at the poison and a little below it', () => {
    for (const address of [0xdead_0000_0000_0100n, 0xdead_0000_0000_00e8n]) {
      const { what } = explainCrash({ ...crash, address, access: 'read' });
      expect(what).toContain('deleted list entry');
      expect(what).toContain('list_del');
    }
  });

  test.each([
    [
      "usercopy: Kernel memory overwrite attempt detected to SLUB object 'kmalloc-64' (offset 0, size 128)!",
      'kmalloc object',
    ],
    [
      'BUG lunix (Tainted: G O): Objects remaining in lunix on __kmem_cache_shutdown()',
      'left in a cache',
    ],
    ['BUG: using smp_processor_id() in preemptible [00000000] code: cat/1', 'the task can move'],
    ["Kernel panic - not syncing: IO-APIC + timer doesn't work!", 'kernel panic'],
  ])('%s', (message, phrase) => {
    expect(explainCrash({ ...crash, message }).phrase).toContain(phrase);
  });

  test('a look at the processor’s number is survived', () => {
    expect(crashSeverity({ ...crash, kind: 'warning' })).toBe('survived');
  });
});

test('a trace that somebody quotes without its times', () => {
  const text = [
    '[ 1045.726726] BUG: scheduling while atomic: swapper/0/0/0x10010000',
    '[ 1045.726787] Call Trace:',
    ' dump_stack+0x19/0x1b',
    ' __schedule_bug+0x4d/0x5b',
    ' my_startup+0x94/0x230 [lunix]',
    '[ 1046.000000] lunix: ready',
  ].join('\n');
  expect(scanInPieces(Buffer.from(`${text}\n`))).toMatchObject([
    { kind: 'atomic-sleep', function: 'my_startup', module: 'lunix' },
  ]);
});
