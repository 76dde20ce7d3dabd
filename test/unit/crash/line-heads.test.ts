import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConsoleLine } from '../../../src/crash/console-line.ts';
import { scanInPieces } from '../../support/crash-corpus.ts';

const report = [
  '------------[ cut here ]------------',
  'kernel BUG at drivers/foo.c:12!',
  'invalid opcode: 0000 [#1] PREEMPT SMP NOPTI',
  'CPU: 0 PID: 410 Comm: cat Tainted: G           O       6.1.0 #1',
  'RIP: 0010:lunix_read+0x10/0x20 [lunix]',
  'Call Trace:',
  ' <TASK>',
  ' vfs_read+0x9d/0x2b0',
  ' </TASK>',
  '---[ end trace 0000000000000000 ]---',
];

/** Each is one way to print, send or keep the kernel's messages: what stands before one, or around it. */
const heads: Readonly<Record<string, string | ((line: string) => string)>> = {
  none: '',
  'serial console': '[  100.000001] ',
  'caller behind it': '[  100.000001][  T410] ',
  'caller of HiSilicon’s kernels': '[  100.000001] [pid:410,cpu0,cat]',
  'caller of HiSilicon’s kernels, with its counter': '[  100.000001] [pid:410,cpu0,cat,7]',
  'module of MediaTek’s kernels': '[  100.000001] -(0)[410:cat][name:lunix&]',
  'caller behind a space': '[  100.000001] [T410] ',
  level: '<4>[  100.000001] ',
  'level alone': '<4>',
  'dmesg -T': '[Sat Nov 28 13:26:56 2026] ',
  'dmesg -T, German': '[Mo Nov 28 13:26:56 2026] ',
  'dmesg -T, German with dots': '[Mo. 28. Nov. 13:26:56 2026] ',
  'dmesg -T, Greek': '[Σαβ Νοε 28 13:26:56 2026] ',
  'dmesg -T, Chinese': '[六 11月 28 13:26:56 2026] ',
  'dmesg -T with the caller': '[Sat Nov 28 13:26:56 2026] [  T410] ',
  'dmesg iso': '[2026-11-28T13:26:56,123456+02:00] ',
  'dmesg iso, no brackets': '2026-11-28T13:26:56,123456+02:00 ',
  'dmesg reltime': '[  +0.000012] ',
  'dmesg reltime, first of a minute': '[Nov28 13:26] ',
  'dmesg -d': '[  100.000001 <    0.000012>] ',
  'dmesg -d, no time': '[<    0.000012>] ',
  'dmesg ctime and delta': '[Sat Nov 28 13:26:56 2026 <    0.000012>] ',
  'dmesg -x': 'kern  :warn  : [  100.000001] ',
  'dmesg -x -T': 'kern  :warn  : [Sat Nov 28 13:26:56 2026] ',
  'journalctl short': 'Nov 28 13:26:56 host1 kernel: ',
  'journalctl short, Greek': 'Νοε 28 13:26:56 host1 kernel: ',
  'journalctl short, Russian': 'ноя 28 13:26:56 host1 kernel: ',
  'journalctl short-precise': 'Nov 28 13:26:56.028579 host1 kernel: ',
  'journalctl short-full': 'Sat 2026-11-28 13:26:56 EET host1 kernel: ',
  'journalctl short-iso': '2026-11-28T13:26:56+0200 host1 kernel: ',
  'journalctl short-iso-precise': '2026-11-28T13:26:56.028579+02:00 host1 kernel: ',
  'journalctl short-monotonic': '[  100.000001] host1 kernel: ',
  'journalctl short-delta': '[  100.000001 <    0.000012 >] host1 kernel: ',
  'journalctl short-unix': '1795865216.028579 host1 kernel: ',
  'journalctl with the kernel’s own stamp': 'Nov 28 13:26:56 host1 kernel: [  100.000001] ',
  'journalctl -o json': (line) =>
    JSON.stringify({ _PID: '0', __REALTIME_TIMESTAMP: '1795865216028579', MESSAGE: line }),
  'journalctl -o json-pretty': (line) =>
    `{\n\t"_BOOT_ID" : "00ff",\n\t"MESSAGE" : ${JSON.stringify(line)},\n\t"PRIORITY" : "4"\n}`,
  'journalctl -o json-seq': (line) => `\u001E${JSON.stringify({ MESSAGE: line })}`,
  'journalctl -o export': (line) =>
    `__CURSOR=s=1;i=2\n${'_FIELD=value\n'.repeat(30)}PRIORITY=4\nMESSAGE=${line}\n`,
  'journalctl -o verbose': (line) =>
    `Sat 2026-11-28 13:26:56.028579 EET [s=${'0a'.repeat(16)};i=2f;b=1;m=2;t=3;x=4]\n${'    _FIELD=value\n'.repeat(30)}    MESSAGE=${line}`,
  rsyslog: '2026-11-28T13:26:56.028579+02:00 host1 kernel: [  100.000001] ',
  'syslog of RFC 5424': '<4>1 2026-11-28T13:26:56.028579Z host1 kernel - - - ',
  busybox: 'Thu Jan  1 00:01:40 1970 kern.alert kernel: ',
  'busybox syslogd': 'Nov 28 13:26:56 router user.warn kernel: ',
  netconsole: '4,1234,100000001,-;',
  'netconsole with the release': '6.1.0-56-amd64,4,1234,100000001,-;',
  'netconsole with the caller': '4,1234,100000001,-,caller=T410;',
  'syslog-ng of netconsole': 'Nov 28 13:26:56 10.0.0.7 [  100.000001] ',
  'GitHub Actions': '2026-11-28T13:26:56.1234567Z ',
  'GitHub Actions with a stamp': '2026-11-28T13:26:56.1234567Z [  100.000001] ',
  GitLab: '2026-11-28T13:26:56.123456Z 01O ',
  Jenkins: '[2026-11-28T13:26:56.123Z] ',
  'Jenkins, short': '13:26:56  ',
  LAVA: (line) =>
    `- {"dt": "2026-11-28T13:26:56.123456", "lvl": "target", "msg": ${JSON.stringify(line)}}`,
  docker: '2026-11-28T13:26:56.123456789Z stdout F ',
  'docker json-file': (line) =>
    JSON.stringify({ log: `${line}\r\n`, stream: 'stdout', time: '2026-11-28T13:26:56Z' }),
  'docker compose': 'guest-1  | ',
  'a pod': '[pod/guest-0/qemu] ',
  qemu: 'qemu-system-x86_64: ',
  ts: '00:01:40 ',
  'ts -s with seconds': '100.000001 ',
  'a day and a time': '28.11.2026 13:26:56 ',
  'a time at noon': '11/28/26 01:26:56 PM ',
  minicom: '[2026-11-28 13:26:56] ',
  logcat: '11-28 13:26:56.123     0     0 W ',
  'logcat of a kernel log': '11-28 13:26:56.123 <4>[  100.000001]  (0)[410:cat]',
  'a vendor’s processor and task': '[  100.000001]  [0:            cat:  410] ',
  'an older vendor’s': '[  100.000001] c0    410 ',
  'quoted mail': '> ',
  'quoted twice': '> > [  100.000001] ',
  'quoted twice, close': '>> ',
  'indented markdown': '    ',
  'a table': '| ',
  'cat -n': '   123\t',
  'grep -n': '123:[  100.000001] ',
  'grep in files': 'kern.log.1:123:Nov 28 13:26:56 host1 kernel: ',
  HTML: (line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  'HTML with tags': (line) =>
    `<span class="l">[  100.000001] ${line.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</span><br>`,
  'a capture of a terminal': (line) =>
    `\u001B[33m[  100.000001]\u001B[0m \u001B[1m${line}\u001B[0m\r`,
  'a login prompt before it': (line) => `lab login: [  100.000001] ${line}`,
  CRLF: (line) => `[  100.000001] ${line}\r\r`,
  'another clock': '[00:01:40.123,456] ',
  // None of these is in the table of parts.
  'a head of somebody’s own': 'lab7/console0 @28Nov26 => ',
  'another head of one’s own': '{kmsg#12} ~ ',
  'two words and a number': 'Rack 7 unit 12 :: ',
};

test.each(Object.entries(heads))('%s', (_, head) => {
  const lines = report.map((line) => (typeof head === 'string' ? head + line : head(line)));
  expect(scanInPieces(Buffer.from(`before\n${lines.join('\n')}\nafter\n`))).toMatchObject([
    { kind: 'bug', function: 'lunix_read', module: 'lunix', task: 'cat', file: 'drivers/foo.c' },
  ]);
});

test('a program’s words behind a head of its own are not the kernel’s', () => {
  const words = [
    '2026-11-28 13:26:56 WARNING: server.c:12 is slow',
    '2026-11-28 13:26:56,123 app: BUG: a word of a program',
    'Nov 28 13:26:56 host1 app[12]: kernel BUG at fs/inode.c:1!',
    '[2026-11-28T13:26:56.123Z] grep: Kernel panic - not syncing: quoted',
    '{"level": "warn", "msg": "BUG: a word of a service"}',
    'step 7 => BUG: KASAN: a word of a test',
    'step 7 => kernel BUG at drivers/foo.c:12!',
    'step 7 => WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2',
  ];
  expect(scanInPieces(Buffer.from(`${words.join('\nnothing\n')}\n`))).toEqual([]);
});

test('heads do not slow lines down that are made for it', () => {
  for (const piece of ['1 ', 'a ', '[1:11', '> ', 'a.', '12:', ' ', '"a":"', '\\"', '&#', '<a ']) {
    const line = readConsoleLine(piece.repeat(1000));
    expect(line.time).toBeUndefined();
  }
});

test('the recorded reports are read the same under dates', () => {
  const folder = join(import.meta.dirname, '../../../fixtures/logs/crashes');
  for (const name of ['debian-null-read', 'debian-rcu-stall', 'debian-list', 'debian-recurse']) {
    const log = readFileSync(join(folder, `${name}.txt`), 'utf8');
    const dated = log.replaceAll(
      /^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])?/gm,
      '[Mo Nov 28 13:26:56 2026]',
    );
    const [plain, other] = [log, dated].map((text) =>
      scanInPieces(Buffer.from(text)).map(({ kind, function: place, module }) => ({
        ...{ kind, place, module },
      })),
    );
    expect(other, name).toEqual(plain);
  }
});
