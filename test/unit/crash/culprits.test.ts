import { expect, test } from 'vitest';
import { isMachinery } from '../../../src/crash/machinery.ts';
import { scanInPieces } from '../../support/crash-corpus.ts';

/** `kind function module` of every crash in these lines, however they come. */
function told(lines: readonly string[]): string[] {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const whole = scanInPieces(bytes);
  const halves = scanInPieces(bytes, [Math.floor(bytes.length / 2)]);
  expect(halves).toEqual(whole);
  return whole.map(({ kind, function: name, module }) => [kind, name, module].join(' ').trim());
}

const cpu = 'CPU: 0 PID: 410 Comm: cat Tainted: G           O       6.1.0 #1';
const mine = 'my_read+0x20/0x60 [lunix]';

test.each([
  // How interrupts and exceptions come in, on each processor.
  ...['handle_IPI', 'do_handle_IPI', 'ipi_handler', 'loongson_ipi_interrupt', 'do_ext_irq'],
  ...['__sysvec_call_function', 'ret_from_intr', 'retint_kernel', 'smp_ipi_demux_relaxed'],
  ...['doorbell_exception', 'hardware_interrupt_common', 'data_access_common', '__do_irq'],
  ...['riscv_intc_irq', 'handle_riscv_irq', 'handle_loongarch_irq', 'do_vint', 'do_ade'],
  ...['plat_irq_dispatch', 'handle_int', 'tlb_do_page_fault_0', 'do_be', 'ext_int_handler'],
  ...['bcm2836_arm_irqchip_handle_irq', 'gic_handle_irq', '__und_svc_fault', 'el1h_64_irq'],
  ...['tasklet_action_common', 'net_rx_action', '__napi_poll', 'psci_enter_idle_state'],
  // What prints, stops, checks, waits, allocates.
  ...[
    'serial8250_console_write',
    'netdev_printk',
    '__drm_err',
    'crash_kexec',
    'rewind_stack_do_exit',
  ],
  ...['usercopy_warn', 'stackleak_track_stack', '__cfi_slowpath_diag', 'cpu_stopper_thread'],
  ...['synchronize_net', 'napi_disable', 'dma_fence_wait_timeout', 'multi_cpu_stop', 'finish_wait'],
  ...['iommu_dma_alloc', 'vmap', 'folio_alloc_noprof', 'sock_alloc_send_pskb', 'cpumask_next_and'],
  ...['consume_skb', 'skb_release_data', 'rq_qos_wait', 'wb_wait_for_completion', 'add_uevent_var'],
  ...['__filemap_fdatawait_range', '__purge_vmap_area_lazy', 'cleanup_srcu_struct', 'wbt_wait'],
  ...['ref_tracker_free', 'drop_nlink'],
  ...['kobject_add_internal', 'sysfs_warn_dup', 'device_add', 'usb_submit_urb', 'cv_wait_common'],
])('%s works for somebody else', (name) => {
  expect(isMachinery({ function: name })).toBe(true);
});

test.each([
  ...['copy_page_range', 'atomic_open', 'download_firmware', 'ktime_get', 'kthread_data'],
  ...['do_exit', 'put_page', 'remove_proc_entry', 'free_irq', 'net_tx_action', 'handle_mm_fault'],
])('%s can be to blame', (name) => {
  expect(isMachinery({ function: name })).toBe(false);
});

test('what modules have of their own is theirs', () => {
  expect(isMachinery({ function: 'cv_wait_common', module: 'spl' })).toBe(true);
  expect(isMachinery({ function: 'usb_submit_urb', module: 'usbcore' })).toBe(true);
  expect(isMachinery({ function: 'list_add_tail', module: 'lunix' })).toBe(true);
  expect(isMachinery({ function: 'cv_wait_common', module: 'lunix' })).toBe(false);
  expect(isMachinery({ function: 'vmap', module: 'lunix' })).toBe(false);
  expect(isMachinery({ function: 'copy_state_to_user', module: 'lunix' })).toBe(false);
});

test('who waits in zfs stands behind its own functions for waiting', () => {
  expect(
    told([
      '[  120.1] INFO: task txg_sync:1351 blocked for more than 120 seconds.',
      '[  120.1] Call Trace:',
      '[  120.1]  __schedule+0x24e/0x880',
      '[  120.1]  schedule+0x2c/0x80',
      '[  120.1]  cv_wait_common+0x121/0x130 [spl]',
      '[  120.1]  ? wait_woken+0x80/0x80',
      '[  120.1]  __cv_wait+0x15/0x20 [spl]',
      '[  120.1]  arc_read+0x189/0xff0 [zfs]',
    ]),
  ).toEqual(['hung-task arc_read zfs']);
});

test.each([
  ['before', 0],
  ['behind', 1],
])('a check within its caller names it in the line %s the message', (_where, index) => {
  const place = `WARNING: CPU: 4 PID: 0 at lib/list_debug.c:62 ${mine}`;
  for (const [kind, message] of [
    ['list-corruption', 'list_del corruption. next->prev should be ffff9, but was ffffc'],
    ['list-corruption', 'list_add corruption. prev->next should be next (ffff9), but was 0.'],
    ['refcount', 'refcount_t: underflow; use-after-free.'],
    ['usercopy', 'usercopy: Kernel memory exposure attempt detected from SLUB object (size 8)!'],
  ]) {
    const lines = [message ?? ''].toSpliced(1 - index, 0, place);
    expect(told([...lines, cpu])).toEqual([`${kind} my_read lunix`]);
  }
});

test.each([
  [
    'x86',
    [
      ' ? srso_return_thunk+0x5/0x5f',
      ` ${mine}`,
      ' vfs_read+0x9d/0x2b0',
      'Code: 48 89 e5 0f 0b',
      '---[ end trace 0000000000000000 ]---',
      'RIP: 0033:0x7f203b03fa69',
    ],
    'my_read lunix',
  ],
  [
    'x86, with the head of its trace',
    ['RIP: 0010:kfree+0x1/0x20', 'Call Trace:', ' <IRQ>', ` ${mine}`, ' </IRQ>'],
    'my_read lunix',
  ],
  [
    'Arm',
    [
      '[<c027b238>] (my_poll) from [<c02ad198>] (net_rx_action+0xe4/0x2b4)',
      '[<c02ad198>] (net_rx_action) from [<c0112b94>] (__do_softirq+0xb8/0x1e0)',
      'Code: ebfbdd08 e1a01008 e59f0408 ebfbdd05 (e5983014)',
      '---[ end trace 1bb3b88638efce10 ]---',
    ],
    'my_poll',
  ],
])('a panic whose report has lost its beginning (%s)', (_name, lines, expected) => {
  const panic = 'Kernel panic - not syncing: Fatal exception in interrupt';
  expect(told([...lines, panic])).toEqual([`panic ${expected}`]);
  expect(told(['usb 1-1: new device', 'eth0: up', ...lines, panic])).toEqual([`panic ${expected}`]);
});

test('what stands before a panic is not told twice, nor is what another processor does', () => {
  expect(
    told([
      'BUG: kernel NULL pointer dereference, address: 0000000000000008',
      cpu,
      `RIP: 0010:${mine}`,
      'Call Trace:',
      ' vfs_read+0x9d/0x2b0',
      '---[ end trace 0000000000000000 ]---',
      'Kernel panic - not syncing: Fatal exception',
    ]),
  ).toEqual(['null-dereference my_read lunix']);
  expect(
    told([
      'Code: 91a07004 9a000008 ea000193 e59530a4 (e1d330b4) ',
      '---[ end trace fca7f6b2e3a7e977 ]---',
      'Kernel panic - not syncing: Fatal exception in interrupt',
      'CPU3: stopping',
      'CPU: 3 PID: 24 Comm: ksoftirqd/3 Tainted: G      D         4.14.37-v7 #1',
      '[<8010ffe0>] (unwind_backtrace) from [<8010c21c>] (show_stack+0x20/0x24)',
      '[<8078669c>] (dump_stack) from [<8010e49c>] (handle_IPI+0x2b4/0x334)',
      '[<801014fc>] (__irq_svc) from [<80123c34>] (their_work+0xf4/0x108)',
    ]),
  ).toEqual(['panic']);
});

test.each([
  [
    'the handler of a module',
    ['[<0000000012345678>] usb_hcd_irq', '[<00000000d1f1c5c0>] my_irq [lunix]'],
    'my_irq lunix',
  ],
  [
    'the thread where the kernel’s own handler wakes it',
    [
      '[<00000000d1f1c5c0>] irq_default_primary_handler threaded [<00000000c4c5c4c0>] my_thread [lunix]',
    ],
    'my_thread lunix',
  ],
  ['the handler in old kernels', ['[<c02b2f1c>] (my_irq+0x0/0x6e [lunix])'], 'my_irq lunix'],
  ['nobody where there is none, and not who was interrupted', [], ''],
])('an interrupt that nobody cared for: %s', (_name, handlers, expected) => {
  const stamped = [
    'irq 16: nobody cared (try booting with the "irqpoll" option)',
    cpu,
    'Call Trace:',
    ' <IRQ>',
    ...['dump_stack+0x1/0x9', '__report_bad_irq+0x3d/0xe0', 'note_interrupt+0x1b1/0x200'],
    ...['handle_irq_event+0x50/0x80', 'asm_common_interrupt+0x22/0x40', 'their_work+0xf4/0x108'],
    'handlers:',
    ...handlers,
    'Disabling IRQ #16',
  ].map((line) => `[   50.439526] ${line}`);
  expect(told(stamped)).toEqual([`irq-unhandled ${expected}`.trim()]);
});

test('a frame of Arm from which the spaces are gone', () => {
  expect(
    told([
      'Unable to handle kernel NULL pointer dereference at virtual address 00000008',
      'Internal error: Oops: 17 [#1] ARM',
      '[<c001437c>](kfree+0x0/0xfc) from [<c0055110>](my_read+0x20/0xb0 [lunix])',
    ]),
  ).toEqual(['null-dereference my_read lunix']);
});

/** An entry of a journal, with more than the kernel's longest line behind the message. */
const entry = (message: string): string =>
  JSON.stringify({ MESSAGE: message, __CURSOR: 's='.padEnd(9_000, 'f'), PRIORITY: '4' });

test('a journal’s entry in JSON that is longer than the kernel’s longest line', () => {
  const lines = [
    'BUG: kernel NULL pointer dereference, address: 0000000000000008',
    cpu,
    `RIP: 0010:${mine}`,
    'Call Trace:',
    ' vfs_read+0x9d/0x2b0',
  ];
  expect(told(lines.map(entry))).toEqual(['null-dereference my_read lunix']);
  const bytes = Buffer.from(`${lines.map(entry).join('\n')}\n`);
  expect(scanInPieces(bytes, Array<number>(60).fill(700))).toEqual(scanInPieces(bytes));
});

test.each([
  'is trying to acquire:',
  'is trying to release lock:',
  'just changed the state of lock:',
])('a report of lockdep that ends behind the lock (%s)', (words) => {
  expect(
    told([
      '[ INFO: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected ]',
      '------------------------------------------------------',
      `cat/410 [HC0[0]:SC0[0]:HE0:SE1] ${words}`,
      ` (&(&r->lock)->rlock){+.+...}, at: [<ffffffff82df4347>] ${mine}`,
    ]),
  ).toEqual(['deadlock my_read lunix']);
});

test('an uncertain frame of what prints the report is nobody’s', () => {
  expect(
    told([
      'WARNING: CPU: 1 PID: 81 at drivers/usb/core/urb.c:478 usb_submit_urb+0x1188/0x1460',
      cpu,
      'Call Trace:',
      ' dump_stack+0xef/0x16e',
      ' ? __probe_kernel_read+0x188/0x1d0',
      ' invalid_op+0x23/0x30',
      'RIP: 0010:usb_submit_urb+0x1188/0x1460',
    ]),
  ).toEqual(['warning usb_submit_urb']);
});

test.each([
  [
    'usercopy readlink_copy',
    "Bad or missing usercopy whitelist? Kernel memory exposure attempt detected from SLUB object 'my_cache' (offset 4, size 4)!",
    [' usercopy_warn+0x7/0x9', ' __check_object_size+0xdb/0x1b0', ' readlink_copy+0x4c/0x80'],
  ],
  [
    'atomic-sleep my_idle lunix',
    'bad: scheduling from the idle thread!',
    [' dump_stack+0xa8/0xd0', ' schedule+0x9c/0xac', ' my_idle+0x4/0x60 [lunix]'],
  ],
  [
    'page-fault my_read lunix',
    'BUG: KASan: user-memory-access on address 310000006a690d0d',
    [' kasan_report_user_access+0x76/0xa0', ' ? bad_to_user+0x1/0xd', ` ${mine}`],
  ],
])('%s: %s', (expected, title, frames) => {
  expect(told([title, cpu, 'Call Trace:', ...frames])).toEqual([expected]);
});

test('an old kernel of Arm, which names no processor', () => {
  expect(
    told([
      'cat: page allocation failure: order:0, mode:0x20',
      '[<c0014a70>] (unwind_backtrace+0x0/0x130) from [<c00907b0>] (warn_alloc_failed+0xc8/0x10c)',
      '[<c00907b0>] (warn_alloc_failed+0xc8/0x10c) from [<c02683d8>] (my_rx+0x1c/0x2c8 [lunix])',
    ]),
  ).toEqual(['allocation-failure my_rx lunix']);
});

/** An allocation that failed, with these frames. */
const failure = (...frames: readonly string[]): string[] => [
  ...['cat: page allocation failure: order:0, mode:0x20', cpu, 'Call Trace:'],
  ...frames.map((frame) => ` ${frame}+0x10/0x20`),
];

test('an uncertain frame counts behind those that are sure, not between them', () => {
  expect(told(failure('warn_alloc_failed', '? their_work', '__kmalloc'))).toEqual([
    'allocation-failure',
  ]);
  expect(told(failure('warn_alloc_failed', '__kmalloc', '? my_work'))).toEqual([
    'allocation-failure my_work',
  ]);
});

test.each([
  ['RIP: 0010:my_spin+0x12e/0x2a0 [lunix]', 'asm_sysvec_apic_timer_interrupt+0x12/0x20'],
  ['--- interrupt: 901 at my_spin+0x2c/0x70 [lunix]', 'program_check_common+0x184/0x190'],
])('a processor that hangs is where its interrupt came in (%s)', (place, way) => {
  expect(
    told([
      'rcu: INFO: rcu_sched self-detected stall on CPU',
      'NMI backtrace for cpu 0',
      cpu,
      'Call Trace:',
      ' dump_stack+0x111/0x171',
      ' rcu_dump_cpu_stacks+0x1e8/0x226',
      ` ${way}`,
      place,
      ' their_caller+0x145/0x4140',
    ]),
  ).toEqual(['rcu-stall my_spin lunix']);
});

test('a copy that the allocator’s check stops', () => {
  expect(
    told([
      'kernel BUG at mm/slab.c:4339!',
      'invalid opcode: 0000 [#1] SMP',
      cpu,
      'RIP: 0010:__check_heap_object+0xcb/0xd0',
      'Call Trace:',
      ' __check_object_size+0x272/0x430',
      ` ${mine}`,
    ]),
  ).toEqual(['usercopy my_read lunix']);
});

test('a report with the head of its first line alone', () => {
  expect(
    told([
      '2018/01/09 14:28:48 BUG: memory leak',
      'unreferenced object 0xdb8040c0 (size 20):',
      '  comm "insmod", pid 7, jiffies 4294667296',
      '  backtrace:',
      '    [<c04fd8b3>] kmemleak_alloc+0x193/0x2b8',
      '    [<c04f5e73>] kmem_cache_alloc+0x11e/0x174',
      `    [<c0aae5a7>] ${mine}`,
    ]),
  ).toEqual(['memory-leak my_read lunix']);
});
