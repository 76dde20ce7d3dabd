import { expect, test } from 'vitest';
import { watchConsoleLife } from '../../../../src/lifecycle/watch/console-life.ts';

/** What it says to each of these pieces of a console. */
function judge(...pieces: readonly string[]): boolean[] {
  const showsLife = watchConsoleLife();
  return pieces.map((piece) => showsLife(Buffer.from(piece, 'latin1')));
}

/** Of Linux 6.1 under QEMU 7.2, whose console shows errors only. */
const stuck = '[   28.938593] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [modprobe:94]\r\n';

test('a console that gets on shows life, also with a line that has no end yet', () => {
  expect(judge('Booting\r\n', '[    0.1] x\r\n', '.', '.', '\r\n')).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
});

test('reports of a processor that hangs show none, however often and in whatever pieces they come', () => {
  expect(judge('[    1.0] x\r\n', stuck, stuck, stuck)).toEqual([true, false, false, false]);
  const pieces = [stuck.slice(0, 60), stuck.slice(60), stuck.slice(0, 3), stuck.slice(3)];
  expect(judge(stuck, ...pieces)).toEqual([false, false, false, false, false]);
});

test('their registers and traces show none either, and what comes behind them does', () => {
  const trace = [
    'Modules linked in: virtio_blk(+) virtio_rng',
    'CPU: 1 PID: 94 Comm: modprobe Not tainted 6.1.0-57-amd64 #1  Debian 6.1.192-3',
    'RIP: 0010:mix_interrupt_randomness+0xd5/0x100',
    'Call Trace:',
    ' <IRQ>',
    ' call_timer_fn+0x24/0x130',
    ' </IRQ>',
  ].map((line) => `[   28.938594] ${line}\n`);
  expect(judge(stuck, trace.join(''), stuck)).toEqual([false, false, false]);
  expect(judge(stuck, trace.join(''), '[   30.1] EXT4-fs (vda1): mounted\n')).toEqual([
    false,
    false,
    true,
  ]);
});

test.each([
  [
    'INFO: task swapper/0:1 blocked for more than 120 seconds.',
    '      Not tainted 6.1.0-13-amd64 #1 Debian 6.1.55-1',
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
    'task:swapper/0       state:D stack:0     pid:1     ppid:0      flags:0x00004000',
  ],
  [
    'BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!',
    'Showing busy workqueues and worker pools:',
    'workqueue events: flags=0x0',
    '  pwq 0: cpus=0 node=0 flags=0x0 nice=0 active=1/256 refcnt=2',
    '    pending: vmstat_shepherd',
    'Showing backtraces of running workers in stalled CPU-bound worker pools:',
  ],
  ['INFO: rcu_sched detected stalls on CPUs/tasks:', 'Task dump for CPU 0:', 'swapper/0       R'],
])('%s shows none with all that belongs to it', (...lines) => {
  const report = lines.map((line) => `[  100.0] ${line}\r\n`);
  expect(judge(...report, ...report)).toEqual([...report, ...report].map(() => false));
  expect(judge(...report, '[  101.0] EXT4-fs (vda1): mounted\r\n').at(-1)).toBe(true);
});

test.each([
  'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
  'rcu: INFO: rcu_sched self-detected stall on CPU',
  'INFO: task modprobe:94 blocked for more than 120 seconds.',
])('%s shows none', (line) => {
  expect(judge(`[  100.0] ${line}\n`)).toEqual([false]);
});
