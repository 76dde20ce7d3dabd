import { expect, test } from 'vitest';
import { readConsoleSigns } from '../../../../src/lifecycle/watch/console-signs.ts';
import { judge } from '../../../../src/lifecycle/watch/guest-state.ts';

const panic = '[   49.808445] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\r\n';
const soft = '[   59.9] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [insmod:512]\r\n';

test.each([
  [panic, 'panic', 'Kernel panic - not syncing: sysrq triggered crash'],
  [soft, 'lock-up', 'watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [insmod:512]'],
  ['[ 9.0] rcu: INFO: rcu_preempt self-detected stall on CPU\r\n', 'lock-up', undefined],
  ['[ 9.0] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\r\n', 'lock-up', undefined],
  ['[ 9.0] INFO: rcu_sched self-detected stall on CPU\r\n', 'lock-up', undefined],
  ['[ 9.0] watchdog: Watchdog detected hard LOCKUP on cpu 0\r\n', 'lock-up', undefined],
  ['[ 9.0] INFO: task insmod:312 blocked for more than 120 seconds.\r\n', 'lock-up', undefined],
  ['[ 9.0] BUG: workqueue lockup - pool cpus=0 stuck for 33s!\r\n', 'lock-up', undefined],
])('%j is a sign', (text, kind, words) => {
  const sign = readConsoleSigns(`noise\r\n${text}[ 99.0] more\r\n`);
  expect(sign?.kind).toBe(kind);
  if (words !== undefined) expect(sign?.words).toBe(words);
});

test('the first of several lock-ups, the panic they end in, nothing of the boot before', () => {
  const stall = '[ 80.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\r\n';
  expect(readConsoleSigns(soft + stall)?.words).toContain('soft lockup');
  expect(readConsoleSigns(soft + panic)?.kind).toBe('panic');
  for (const boot of ['[    0.000000] Linux version 6.1.0-56-amd64\r\n', 'GRUB loading.\r\n']) {
    expect(readConsoleSigns(panic + boot)).toBeUndefined();
    expect(readConsoleSigns(panic + boot + soft)?.kind).toBe('lock-up');
  }
  expect(readConsoleSigns('lab login: \r\n[ 1.0] kernel: fine\r\n')).toBeUndefined();
});

test('what the console says counts where the processors show it', () => {
  const [panicSign, lockUp] = [readConsoleSigns(panic), readConsoleSigns(soft)];
  if (panicSign === undefined || lockUp === undefined) throw new Error('no sign');
  expect(judge(panicSign, ['stopped', 'stuck']).kind).toBe('panicked');
  expect(judge(panicSign, ['stuck']).kind).toBe('panicked');
  // It only printed that.
  expect(judge(panicSign, ['working', 'stuck']).kind).toBe('well');
  expect(judge(panicSign, ['working']).kind).toBe('well');
  expect(judge(lockUp, ['working', 'stuck']).kind).toBe('locked-up');
  expect(judge(lockUp, ['working', 'stopped']).kind).toBe('well');
  expect(judge(lockUp, []).kind).toBe('well');
});
