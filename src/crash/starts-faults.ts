import { fault, start, type CrashStart } from './start-rule.ts';

/** Faults of the processor (arch/x86/mm/fault.c, arch/x86/kernel/traps.c, arch/arm64/mm/fault.c), BUG and WARN (lib/bug.c, kernel/panic.c). */
export const faultStarts: readonly CrashStart[] = [
  start('cut-here', 'cut here ]', /^-+\[ cut here \]-+/, undefined, 0),
  start('nx-page', 'kernel tried to execute', /^kernel tried to execute /, undefined, 0),

  start(
    'stack-guard',
    'stack guard page',
    /^BUG: .*stack guard page was hit/,
    'stack-overflow',
    50,
  ),
  start('stack-guard-die', 'stack guard page', fault('stack guard page'), 'stack-overflow', 45),
  start(
    'stack-x86',
    ['kernel stack overflow', 'Insufficient stack', 'overran stack'],
    /^(?:kernel stack overflow|Insufficient stack space|Thread overran stack)/,
    'stack-overflow',
    50,
  ),
  start(
    'null',
    'NULL pointer dereference',
    /^(?:BUG: (?:[Uu]nable to handle )?kernel|BUG: Kernel|Unable to handle kernel) NULL pointer dereference/,
    'null-dereference',
    35,
  ),
  start(
    'page-fault',
    'nable to handle ',
    /^(?:BUG: )?[Uu]nable to handle (?:page fault|kernel )/,
    'page-fault',
    30,
  ),
  start(
    'protection',
    'general protection',
    fault('general protection(?: fault)?'),
    'general-protection',
    30,
  ),
  start('divide', 'divide error', fault('divide error'), 'divide-error', 30),
  start('divide-arm', 'Division by zero', /^Division by zero in kernel/, 'divide-error', 30),
  start(
    'double-fault',
    'double fault',
    /^(?:(?:Oops: )?double fault: .*\[#|(?:traps: )?PANIC: double fault)/,
    'double-fault',
    30,
  ),
  start(
    'machine-check',
    'Machine Check Exception',
    /^(?:mce: )?\[Hardware Error\]: .*Machine Check Exception/,
    'machine-check',
    30,
  ),
  start('bug-at', 'kernel BUG at ', /^kernel BUG at /, 'bug', 20),
  start('opcode', 'invalid opcode', fault('invalid opcode'), 'invalid-opcode', 10),
  start('internal', 'Internal error: ', /^Internal error: .*\[#\d+\]/, 'oops', 8),
  start('oops', 'Oops: ', /^Oops: .*\[#\d+\]/, 'oops', 8),
  start(
    'die',
    ['stack segment', 'alignment check', 'control protection'],
    fault('(?:stack segment|alignment check|control protection)'),
    'oops',
    8,
  ),
  // Since 6.19 the condition may stand first, and the processor last.
  start(
    'warning',
    'WARNING: ',
    /^WARNING: (?:CPU: \d+ PID: \d+ at |.{0,400}? CPU#\d+: )/,
    'warning',
    15,
  ),
  start(
    'warning-place',
    'WARNING: ',
    /^WARNING: (?:at \S+:\d+|(?:\[.{0,300}?\] )?\S+:\d+ at [\w.]+\+0x)/,
    'warning',
    15,
  ),
];
