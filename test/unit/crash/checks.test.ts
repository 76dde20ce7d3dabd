import { expect, test } from 'vitest';
import { isMachinery } from '../../../src/crash/machinery.ts';
import { scanInPieces } from '../../support/crash-corpus.ts';

/** `kind function module` of every crash in these lines, however they come. */
function told(lines: readonly string[]): string[] {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const whole = scanInPieces(bytes);
  expect(scanInPieces(bytes, [Math.floor(bytes.length / 2)])).toEqual(whole);
  return whole.map(({ kind, function: name, module }) => [kind, name, module].join(' ').trim());
}

const cpu = 'CPU: 0 PID: 410 Comm: cat Tainted: G           O       6.1.0 #1';
const trace = [
  ...[cpu, 'Call Trace:', ' <TASK>', ' dump_stack_lvl+0x34/0x48'],
  ...[' my_read+0x20/0x60 [lunix]', ' vfs_read+0x9d/0x2b0', ' </TASK>'],
];
const stamped = (lines: readonly string[]): string[] =>
  lines.map((line, index) => `[   12.${String(100_000 + index)}] ${line}`);

/** Titles that mean a crash only with a trace behind them. */
const withTrace: readonly (readonly [string, string])[] = [
  ['warning', 'XFS: Internal error XFS_WANT_CORRUPTED_RETURN at line 342 of file fs/xfs/x.c.'],
  ['warning', 'XFS (sda1): Corruption of in-memory data detected.  Shutting down filesystem'],
  ['warning', 'XFS (dm-0): Metadata corruption detected at 0xffffffff, xfs_agf block 0x1'],
  ['warning', 'GFS2: fsid=alpha:one.0: about to withdraw this file system'],
  ['warning', "sysfs: cannot create duplicate filename '/class/lunix'"],
  [
    'warning',
    'kobject (00000000fd3a1c2b): tried to init an initialized object, something is wrong',
  ],
  ['warning', 'genirq: Flags mismatch irq 16. 00000080 (lunix) vs. 00000000 (other)'],
  ['warning', 'kmem_cache_create(lunix) failed with error -22'],
  ['warning', '__kmem_cache_create_args(lunix) failed with error -22'],
  ['warning', 'Badness at kernel/lockdep.c:2321'],
  ['memory-corruption', 'pagealloc: memory corruption'],
  ['memory-corruption', "slab error in verify_redzone_free(): cache `size-64': memory outside"],
  ['double-free', "slab error in cache_free_debugcheck(): cache `size-64': double free, or memory"],
  ['allocation-failure', 'percpu: allocation failed, size=8 align=8 atomic=0, no space'],
  ['allocation-failure', 'cat: page allocation stalls for 10000ms, order:0, mode:0x24000c0'],
  [
    'hard-lockup',
    'smp: csd: Detected non-responsive CSD lock (#1) on CPU#3, waiting 5000000004 ns',
  ],
  ['hard-lockup', 'BUG: NMI Watchdog detected LOCKUP on CPU0, ip c0123456, registers:'],
  ['stack-overflow', 'do_IRQ: stack overflow: 1234'],
  ['page-fault', 'Kernel Fault: Code=15 (Data TLB miss fault) at addr 0000000000000000'],
];

test.each(withTrace)('%s: %s', (kind, title) => {
  expect(told(stamped([title, ...trace]))).toEqual([`${kind} my_read lunix`]);
  expect(told(stamped([title, 'usb 1-1: new high-speed USB device']))).toEqual([]);
});

test.each([
  ['out-of-bounds', 'BUG kmalloc-64 (Not tainted): kmalloc Redzone overwritten'],
  ['memory-corruption', 'BUG kmalloc-64 (Not tainted): Freelist Pointer check fails'],
  [
    'memory-corruption',
    'BUG lunix (Tainted: G    B  O   ): Wrong object count. Counter is 5 but 6',
  ],
  ['memory-corruption', 'BUG lunix (Tainted: G    B  O   ): Invalid object pointer 0xffff8880'],
  ['memory-corruption', 'Slab corruption (Not tainted): size-64 start=ffff8800, len=64'],
  ['deadlock', '[ BUG: circular locking deadlock detected! ]'],
  ['hard-lockup', 'watchdog: CPU 39 detected hard LOCKUP on other CPUs 34'],
  ['hard-lockup', 'watchdog: CPU 34 self-detected hard LOCKUP @ native_cpu_up+0x1/0x2'],
  ['hard-lockup', 'watchdog: CPU 34 Hard LOCKUP'],
  ['out-of-bounds', 'Internal error: UBSAN: array index out of bounds: 00000000f2005512 [#1] SMP'],
  ['undefined-behaviour', 'Internal error: UBSAN: shift out of bounds: 00000000f2005514 [#1] SMP'],
  ['oops', 'cat(410): Kernel illegal instruction [#1]'],
  ['oops', 'Kernel ale access[#1]:'],
  ['oops', 'do_fpu invoked from kernel context![#1]:'],
])('%s: %s', (kind, title) => {
  expect(told(stamped([title, ...trace]))).toEqual([`${kind} my_read lunix`]);
});

test.each([
  ['oom-kill', 'Out of memory (oom_kill_allocating_task): Killed process 410 (cat) total-vm:1kB'],
  ['bad-page', 'mm/pgtable-generic.c:39: bad pud 0000000201325801.'],
  ['bad-page', 'arch/arm/mm/x.c:12: bad pmd 80000000.'],
  [
    'bad-unlock',
    'softirq: huh, entered softirq 3 NET_RX 0000000012ab with preempt_count 00000101, exited with 00000102?',
  ],
  ['init-killed', 'init[1]: unhandled signal 11 code 0x1 at 0x9b7e1c64 in ld.so[95791000+27000]'],
  [
    'init-killed',
    'init[1]: unhandled level 2 translation fault (11) at 0x00000000, esr 0x92000006',
  ],
  ['init-killed', 'init[1]: unhandled exception: DABT (lower EL), ESR 0x0000000092000045, level 1'],
  ['init-killed', 'init[1]: segfault (11) at 0 nip 1234 lr 1234 code 1 in init[1000+1000]'],
  ['panic', 'Kernel panic - not syncing: '],
])('%s in a line alone: %s', (kind, line) => {
  expect(told(stamped([line]))).toEqual([kind]);
});

test.each([
  // Programs, drivers and other systems that use such words.
  'node[1]: unhandled promise rejection (TypeError) at server.js:12',
  'app[1]: unhandled exception: KeyError, see log',
  'cat[410]: unhandled signal 11 code 0x1 at 0x9b7e1c64 in ld.so[95791000+27000]',
  'mydriver.c:12: bad pte count',
  "mount: XFS (sda1): Internal error, see dmesg's end",
  'BUG tracker (Not tainted) has moved',
  'usb 1-1: Flags mismatch irq of the hub',
  'mydrv 0000:00:01.0: stack overflow: queue is full',
  'mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 6: cc59214000041152',
  'mtk_soc_eth eth0: NETDEV WATCHDOG: CPU: 1: transmit queue 3 timed out 3685740 ms',
  'ath10k_pci 0000:07:00.0: firmware crashed! (guid cb866542-588a-4055-8d88-97852207a571)',
  'EXT4-fs error (device mmcblk1p2): ext4_lookup:1584: inode #2: comm cp: deleted inode',
  'msr: Write to unrecognized MSR 0x49 by perl',
])('no crash: %s', (line) => {
  expect(told(stamped([line, 'usb 1-1: new high-speed USB device']))).toEqual([]);
});

test('since 6.14 a report of SLUB ends in a warning, and is one crash', () => {
  expect(
    told(
      stamped([
        'BUG kmalloc-64 (Not tainted): Right Redzone overwritten',
        'Slab 0xffffea0004 objects=21 used=21 fp=0x0 flags=0x200',
        '------------[ cut here ]------------',
        'WARNING: CPU: 0 PID: 410 at mm/slub.c:1100 object_err+0x20/0x30',
        cpu,
        ...trace.slice(1),
      ]),
    ),
  ).toEqual(['out-of-bounds my_read lunix']);
});

test('on POWER one processor finds another one hanging, and that tells where', () => {
  expect(
    told(
      stamped([
        'watchdog: CPU 39 detected hard LOCKUP on other CPUs 34',
        'watchdog: CPU 39 TB:1234, last SMP heartbeat TB:1000 (15000ms ago)',
        'watchdog: CPU 34 Hard LOCKUP',
        'CPU: 34 PID: 410 Comm: cat Not tainted 6.1.0 #1',
        'NIP [c000000000123456] my_spin+0x18/0xf0 [lunix]',
        'Call Trace:',
        '[c000003fdc18bc80] [c000000000159400] my_read+0x160/0x5f0 [lunix]',
      ]),
    ),
  ).toEqual(['hard-lockup my_spin lunix']);
});

test('the work that left a lock is named by the line below, also where dmesg indents it', () => {
  const title = 'BUG: workqueue leaked lock or atomic: kworker/0:2/0xffffffff/4586';
  const rest = [cpu, 'Call Trace:', ' dump_stack+0x77/0xa0', ' process_one_work+0x360/0x444'];
  for (const second of [
    '[   12.100001]      last function: my_work [lunix]',
    '                    last function: my_work [lunix]',
  ]) {
    const [first = '', , ...others] = stamped([title, '', ...rest]);
    expect(told([first, second, ...others])).toEqual(['atomic-sleep my_work lunix']);
  }
  expect(
    told([
      'BUG: workqueue leaked atomic, lock or RCU: kworker/0:1[123]',
      '     preempt=0x00000000 lock=0->1 RCU=0->0 workfn=my_work [lunix]',
      ...rest,
    ]),
  ).toEqual(['atomic-sleep my_work lunix']);
});

test('lockdep names who takes the lock; a trace of guesses does not count more', () => {
  expect(
    told([
      '[ INFO: possible recursive locking detected ]',
      'vdev_open/1/8480 is trying to acquire lock:',
      ' (&io->lock){+.+...}, at: [<ffffffffa051fac8>] my_add+0x88/0x150 [lunix]',
      'stack backtrace:',
      'Pid: 8480, comm: vdev_open/1 Tainted: G        W  3.2.0 #1',
      'Call Trace:',
      ' [<ffffffff810b0610>] ? __lock_acquire+0x11c0/0x1570',
      ' [<ffffffff81012d29>] ? do_something_else+0x9/0x10',
    ]),
  ).toEqual(['deadlock my_add lunix']);
});

const race = (title: string, ...frames: readonly string[]): string[] =>
  told([
    `BUG: KCSAN: data-race in ${title}`,
    'read to 0xffff9c9b5e37cda8 of 8 bytes by interrupt on cpu 21:',
    ...frames.map((frame) => ` ${frame}`),
    'Reported by Kernel Concurrency Sanitizer on:',
    cpu,
  ]);

test('a race within an interrupt has nothing to do with what that came into', () => {
  expect(race('wq_worker_tick / wq_worker_tick', 'wq_worker_tick+0x5f/0x250')).toEqual([
    'data-race wq_worker_tick',
  ]);
  expect(race('kfree / my_read', 'kfree+0x5f/0x250')).toEqual(['data-race my_read']);
  expect(
    race(
      '_raw_spin_lock / _raw_spin_lock',
      '_raw_spin_lock+0x5f/0x250',
      'my_tick+0x1/0x2 [lunix]',
      'asm_sysvec_apic_timer_interrupt+0x1a/0x20',
      'decompress+0x216/0x9f0',
    ),
  ).toEqual(['data-race my_tick lunix']);
});

test('a call that does not return leaves the name of the next function', () => {
  expect(
    told([
      'Kernel panic - not syncing: Asynchronous SError Interrupt',
      'CPU: 6 UID: 1000 PID: 855 Comm: weston Tainted: G   M    W           6.19.0 #1 PREEMPT',
      'Call trace:',
      ' show_stack+0x18/0x30 (C)',
      ' vpanic+0xf8/0x2dc',
      ' abort+0x0/0x4',
      ' my_neighbour+0x0/0xbc',
      ' do_serror+0x58/0x74',
      ' el1h_64_error+0x70/0x74',
      ' my_write+0x98/0xb4 [lunix]',
    ]),
  ).toEqual(['panic my_write lunix']);
});

test('a decoded title of the stack protector', () => {
  expect(
    told([
      'Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: my_read (./a/b.h:15 ./a/c.c:138) lunix',
      cpu,
      'Call Trace:',
      ' panic (./a/kernel/panic.c:372)',
      ' ? my_read (./a/b.h:15 ./a/c.c:138) lunix',
    ]),
  ).toEqual(['stack-overflow my_read lunix']);
});

test('who sleeps in atomic context is not who was interrupted', () => {
  expect(
    told([
      'BUG: scheduling while atomic: swapper/0/0x00000100',
      'Pid: 0, comm:              swapper',
      'PC is at default_idle+0x48/0x50',
      'LR is at default_idle+0x3c/0x50',
      '[<c0035d38>] (unwind_backtrace+0x0/0xec) from [<c003fd8c>] (schedule+0x20/0x34)',
    ]),
  ).toEqual(['atomic-sleep']);
});

test('a log that begins within a panic has its end alone', () => {
  const end = '---[ end Kernel panic - not syncing: Asynchronous SError Interrupt ]---';
  expect(told(stamped([' my_write+0x98/0xb4 [lunix]', ' my_ioctl+0x8/0x10', end]))).toEqual([
    'panic my_write lunix',
  ]);
  const start = 'Kernel panic - not syncing: Asynchronous SError Interrupt';
  const far = Array.from({ length: 2_000 }, (_, index) => `eth0: packet ${index} of a long log`);
  expect(told(stamped([start, ...trace, ...far, end]))).toEqual(['panic my_read lunix']);
});

test('UBSAN of kernels before 5.0 has one title for all', () => {
  const title = 'UBSAN: Undefined behaviour in drivers/lunix/main.c:12:3';
  expect(told([title, "index 5 is out of range for type 'int [4]'", ...trace])).toEqual([
    'out-of-bounds my_read lunix',
  ]);
  expect(told([title, 'division by zero', ...trace])).toEqual(['divide-error my_read lunix']);
  expect(told([title, 'shift exponent 64 is too large', ...trace])).toEqual([
    'undefined-behaviour my_read lunix',
  ]);
});

test.each([
  ...['page_frag_free', 'fs_reclaim_acquire', 'sched_clock', 'native_sched_clock', 'local_clock'],
  'xen_clocksource_get_cycles',
  ...['dma_unmap_page_attrs', 'dma_pool_free', 'try_charge_memcg', 'remove_wait_queue'],
  ...['__dump_page', 'depot_alloc_stack', 'exit_to_user_mode_loop', 'release_sock', 'copyout'],
  ...['wrmsrl', '__rdmsr_on_cpu', 'rdmsr_on_cpu', 'rdmsrq_safe', 'wq_worker_running'],
])('%s works for somebody else', (name) => {
  expect(isMachinery({ function: name })).toBe(true);
});

test.each([
  ...['wq_worker_tick', 'sched_clock_register', 'release_pages', 'dev_watchdog', 'skb_clone'],
  ...['task_work_run', 'dput', 'shrink_lruvec', 'submit_bio', 'ring_buffer_lock_reserve'],
])('%s can be to blame', (name) => {
  expect(isMachinery({ function: name })).toBe(false);
});

test('a file system’s reports of damage are not its fault, also in its module', () => {
  for (const module of [undefined, 'xfs']) {
    expect(isMachinery({ function: 'xfs_error_report', module })).toBe(true);
    expect(isMachinery({ function: 'xfs_alloc_fixup_trees', module })).toBe(false);
  }
  expect(isMachinery({ function: '__ext4_error_inode', module: 'ext4' })).toBe(true);
  expect(isMachinery({ function: '__btrfs_abort_transaction', module: 'btrfs' })).toBe(true);
  expect(isMachinery({ function: '__ext4_error_inode', module: 'lunix' })).toBe(false);
});

test('lines that lost newlines have joined', () => {
  expect(
    told([
      '[  117.317703][ T9855] ========================= [  117.318353][ T9855] BUG: KASAN: slab-out-of-bounds in my_compare+0x1bc/0x490 [lunix] [  117.318991][ T9855] Read of size 2 at addr ffff8880',
      '[  117.319783][ T9855] Call Trace: [  117.319785][ T9855]  <TASK>',
      '[  117.319788][ T9855]  dump_stack_lvl+0x1c1/0x2a0 [  117.319795][ T9855]  my_compare+0x1bc/0x490 [lunix]',
    ]),
  ).toEqual(['out-of-bounds my_compare lunix']);
  expect(
    told([
      '============================================ WARNING: possible circular locking dependency detected 6.6.0 Not tainted',
      '-------------------------------------------- cat/410 is trying to acquire lock:',
      'ffffffff84772410 (my_lock){++++}-{3:3}, at: my_open+0x216/0x590 [lunix] but task is already holding lock:',
    ]),
  ).toEqual(['deadlock my_open lunix']);
  // Two processors on one line, and a login prompt before a report.
  expect(
    told([
      'host login: [   12.000001] BUG: spinlock bad magic on CPU#0, cat/410',
      ...stamped(trace),
    ]),
  ).toEqual(['bug my_read lunix']);
});
