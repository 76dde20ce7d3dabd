import { lockdep, start, type CrashStart } from './report-start-rule.ts';

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
  // The idle task must not sleep: kernel/sched/idle.c.
  start(
    'idle-sleep',
    'from the idle thread',
    /^bad: scheduling from the idle thread/,
    'atomic-sleep',
    50,
  ),
  start(
    'work-atomic',
    ['leaked lock or atomic', 'leaked atomic, lock'],
    /^BUG: workqueue leaked (?:lock or atomic|atomic, lock)/,
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
    /^(?:(?:NMI )?watchdog: )?(?:(?:CPU\d+: )?Watchdog (?:detected|CPU:\d+(?: self-detected)?)|CPU \d+(?: self-detected)?) hard LOCKUP/i,
    'hard-lockup',
    50,
  ),
  // POWER: the processor that hangs is asked for its own report, which need not come.
  start(
    'hard-lockup-seen',
    ['hard LOCKUP', 'Hard LOCKUP'],
    /^(?:watchdog: )?(?:Watchdog CPU:|CPU )\d+ detected hard LOCKUP (?:on )?other CPUs/i,
    'hard-lockup',
    45,
  ),
  start(
    'nmi-lockup',
    'NMI Watchdog detected',
    /^BUG: NMI Watchdog detected LOCKUP/,
    'hard-lockup',
    50,
    { needsBody: true },
  ),
  start(
    'hung-task',
    [' blocked for more than ', ' blocked in I/O wait', " can't die for more"],
    /^INFO: task \S.*:\d+ (?:blocked(?: in I\/O wait)?|can't die) for more than \d+ seconds/,
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
  start(
    'netdevice',
    'unregister_netdevice: ',
    /^unregister_netdevice: waiting for \S+ to become free/,
    'hung-task',
    50,
    { alone: true },
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
    ['bad unlock balance', 'held when returning', 'held lock freed', 'still has locks held'],
    lockdep(
      'bad unlock balance|lock held when returning|held lock freed|\\S.{0,80} still has locks held|bad contention',
    ),
    'bad-unlock',
    50,
  ),
  start('rcu-usage', 'uspicious RCU usage', lockdep('suspicious RCU usage'), 'rcu-usage', 50),
  start(
    'lockdep',
    ['ocking de', 'inconsistent lock', 'lock inversion', 'lock order', 'ested lock was not'],
    lockdep(
      'nested lock was not taken|possible (?:circular|recursive|irq)|inconsistent lock state|circular locking deadlock|(?:HARD|SOFT)IRQ-(?:un)?safe|.*lock order',
    ),
    'deadlock',
    50,
  ),
  start('lockdep-full', [' too low!', 'validator.'], /^BUG: (?:MAX_\w+) too low!/, 'warning', 40),
  // The task can be moved to another processor between the look and the use: nothing has died.
  start('preemptible', ' in preemptible', /^BUG: using \S+ in preemptible/, 'warning', 50),
  start('lock-key', 'non-static key', /^INFO: trying to register non-static key/, 'bug', 40),
];
