import { lockdep, start, type CrashStart } from './start-rule.ts';

/** Locks, and time that does not pass: kernel/locking, kernel/sched, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu. */
export const lockStarts: readonly CrashStart[] = [
  start('atomic', 'scheduling while atomic', /^BUG: scheduling while atomic: /, 'atomic-sleep', 50),
  start(
    'invalid-context',
    'called from invalid context',
    /^BUG: sleeping function called from invalid context/,
    'atomic-sleep',
    50,
  ),
  start(
    'work-atomic',
    'leaked lock or atomic',
    /^BUG: workqueue leaked lock or atomic/,
    'atomic-sleep',
    50,
  ),
  start('wait-context', 'nvalid wait context', lockdep('Invalid wait context'), 'atomic-sleep', 50),
  start(
    'voluntary',
    'oluntary context switch',
    /^Voluntary context switch within RCU/,
    'atomic-sleep',
    50,
  ),
  start(
    'soft-lockup',
    'soft lockup',
    /^(?:(?:NMI )?watchdog: )?BUG: soft lockup - CPU#\d+ stuck/,
    'soft-lockup',
    50,
  ),
  start(
    'hard-lockup',
    ['hard LOCKUP', 'Hard LOCKUP'],
    /^(?:(?:NMI )?watchdog: )?(?:CPU\d+: )?Watchdog (?:detected|CPU:\d+) hard LOCKUP/i,
    'hard-lockup',
    50,
  ),
  start(
    'hung-task',
    ' blocked for more than ',
    /^INFO: task \S.*:\d+ blocked for more than \d+ seconds/,
    'hung-task',
    50,
  ),
  start(
    'rcu-stall',
    ['detected stall', 'detected expedited stall'],
    /^(?:rcu: )?INFO: rcu\w* (?:self-)?detected (?:expedited )?stall/,
    'rcu-stall',
    50,
  ),
  start('workqueue', 'workqueue lockup', /^BUG: workqueue lockup/, 'workqueue-stall', 50),
  start(
    'spinlock-own',
    'spinlock ',
    /^BUG: (?:spinlock|rwlock)[ -](?:\S+ )?(?:recursion|lockup)/,
    'deadlock',
    50,
  ),
  start(
    'spinlock-unlock',
    'BUG: ',
    /^BUG: (?:spinlock|rwlock)[ -](?:already unlocked|wrong (?:owner|CPU))/i,
    'bad-unlock',
    50,
  ),
  start(
    'lock-balance',
    ['bad unlock balance', 'held when returning', 'held lock freed'],
    lockdep('bad unlock balance|lock held when returning|held lock freed'),
    'bad-unlock',
    50,
  ),
  start('rcu-usage', 'uspicious RCU usage', lockdep('suspicious RCU usage'), 'rcu-usage', 50),
  start(
    'lockdep',
    ['locking de', 'inconsistent lock', 'lock inversion', 'lock order'],
    lockdep(
      'possible (?:circular|recursive|irq)|inconsistent lock state|(?:HARD|SOFT)IRQ-(?:un)?safe|.*lock order',
    ),
    'deadlock',
    50,
  ),
  start('lock-key', 'non-static key', /^INFO: trying to register non-static key/, 'bug', 40),
];
