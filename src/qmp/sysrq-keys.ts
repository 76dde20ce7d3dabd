/**
 * What the kernel does on Alt-SysRq and a key (Documentation/admin-guide/sysrq.rst
 * of Linux), in the order in which one would look for it.
 */
export const sysrqKeys: Readonly<Record<string, string>> = {
  h: 'print what keys there are',
  t: 'show every task and its stack',
  w: 'show tasks that wait and cannot be killed',
  l: 'show the stack of every processor',
  d: 'show locks that are held (needs lockdep)',
  m: 'show memory',
  p: 'show the registers of this processor',
  q: 'show timers',
  s: 'write file systems back',
  u: 'make file systems read-only',
  b: 'reboot at once, without writing anything back',
  o: 'power off',
  c: 'crash on purpose',
  e: 'end every process but init (SIGTERM)',
  i: 'kill every process but init (SIGKILL)',
  f: 'kill what uses the most memory',
  k: 'kill what has this console open',
  j: 'thaw frozen file systems',
  n: 'make real-time tasks ordinary ones',
  r: 'take the keyboard back from graphics',
  z: 'print the trace buffer',
  ...Object.fromEntries(
    Array.from({ length: 10 }, (_none, level) => [
      String(level),
      `print messages up to level ${level} on the console`,
    ]),
  ),
};
