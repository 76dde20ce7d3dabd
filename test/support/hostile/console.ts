import { readConsoleLine } from '../../../src/crash/console-line.ts';
import { collectCrashes } from '../../../src/crash/crash-report.ts';
import { scanCrashes } from '../../../src/crash/scanner.ts';
import { explainCrash } from '../../../src/crash/explain-crash.ts';
import { crashHeadline } from '../../../src/crash/headline.ts';
import {
  createConsoleReader,
  keepConsoleTail,
  plainLine,
} from '../../../src/guest/console-text.ts';
import { createPlacer } from '../../../src/guest/log-times.ts';
import type { Random } from './random.ts';
import { target } from './target.ts';

const starts = [
  'BUG: kernel NULL pointer dereference, address: 0000000000000008',
  'BUG: unable to handle page fault for address: ffff888',
  'Oops: 0002 [#1] PREEMPT SMP',
  'general protection fault, probably for non-canonical address 0xdead: 0000 [#1]',
  'kernel BUG at drivers/x.c:12!',
  'WARNING: CPU: 0 PID: 1 at x.c:12 f+0x1/0x2 [m]',
  'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]',
  'INFO: task a:1 blocked for more than 120 seconds.',
  'BUG: scheduling while atomic: a/1/0x2',
  'Kernel panic - not syncing: Fatal exception',
  '------------[ cut here ]------------',
  '---[ end trace 0000000000000000 ]---',
  'BUG: KASAN: use-after-free in f+0x1/0x2 [m]',
  'Out of memory: Killed process 1 (a)',
  'Call Trace:',
  ' <TASK>',
  'RIP: 0010:f+0x1/0x2 [m]',
  'CPU: 0 PID: 1 Comm: a Tainted: G           O       6.1.0-13-amd64 #1 Debian 6.1.55-1',
  'Modules linked in: m(O) n(POE+)',
  ' f+0x10/0x20 [m]',
  ' ? f.isra.0+0x10/0x20',
];

const tokens = [
  ...[' ', '  ', '\t', '\r', '\x1b[', '\x1b]', '\x1b', '[', ']', '(', ')', '<', '>', '{', ':', '+'],
  ...[
    '+0x',
    '0x',
    '/0x1',
    'a',
    '_',
    '.',
    '1',
    '1.1',
    'f',
    'A',
    'O',
    ' at ',
    ' in ',
    'address',
    '=',
  ],
  ...['[m]', ' [', '[<', '>]', '? ', 'Comm: ', 'PID: ', 'Tainted: ', 'from ', '\u009b', '\u202e'],
  ...['\xff', '😀', '-', '/', ',', ';', '#', '[#1]', 'Modules linked in: ', 'CPU: ', '\u0000', '`'],
];

function line(random: Random, large: boolean): string {
  const stamp = random.oneIn(2) ? `[${random.pieces([' ', '1', '.'], random.int(12))}] ` : '';
  const start = random.oneIn(2) ? random.pick(starts) : '';
  const cut = random.oneIn(4) ? start.slice(0, random.int(start.length)) : start;
  const times = random.int(large ? 9000 : 40);
  const filling = random.oneIn(2)
    ? random.pick(tokens).repeat(times)
    : random.pieces([random.pick(tokens), random.pick(tokens), random.pick(tokens)], times);
  return `${stamp}${random.oneIn(2) ? cut + filling : filling + cut}${random.pick(['', 'x', ' '])}`;
}

function generate(random: Random): Uint8Array {
  const large = random.oneIn(20);
  const count = 1 + random.int(large ? 12 : 60);
  const lines = Array.from({ length: count }, () => line(random, large));
  return Buffer.from(lines.join(random.oneIn(10) ? '\r\n' : '\n'), random.pick(['utf8', 'latin1']));
}

/** All that reads a console's bytes: its text, its times, and the crashes in it. */
export const consoleTarget = target({
  id: 'console',
  generate,
  run: (bytes: Uint8Array) => {
    const text = Buffer.from(bytes).toString();
    const place = createPlacer();
    for (const each of text.split('\n')) {
      plainLine(each);
      readConsoleLine(each);
      place(each);
    }
    const read = createConsoleReader();
    const tail = keepConsoleTail();
    const scanner = scanCrashes();
    const list = collectCrashes(50);
    for (let at = 0; at < bytes.length; at += 1000) {
      const chunk = bytes.subarray(at, at + 1000);
      read(chunk);
      tail.add(chunk);
      for (const crash of scanner.read(chunk)) list.add(crash);
      scanner.pending();
    }
    tail.lines();
    for (const crash of scanner.finish()) list.add(crash);
    for (const crash of list.crashes) {
      crashHeadline(crash);
      explainCrash(crash);
    }
  },
});
