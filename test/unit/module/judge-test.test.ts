import { expect, test } from 'vitest';
import { judgeTrial, type TrialFacts } from '../../../src/module/judge-test.ts';
import { readTrialReport } from '../../../src/module/test-report.ts';

const mark = 'utopia0123';

/** What a trial whose guest has sent these lines comes to. */
function judge(
  lines: readonly string[],
  facts: Partial<TrialFacts> = {},
): ReturnType<typeof judgeTrial> {
  const report = readTrialReport(lines.map((line) => `${mark} ${line}`).join('\n'), mark);
  return judgeTrial({
    ...{ report, fatal: undefined, complaints: [], end: 'exited', message: null },
    ...{ timeoutMs: 60_000, ...facts },
  });
}

const whole = ['phase insert', 'phase test', 'status 0', 'phase remove', 'memory 12', 'log', 'end'];
const without = (start: string): string[] => whole.filter((line) => !line.startsWith(start));
const late = { end: 'timed-out' } as const;

test.each<[string, readonly string[], Partial<TrialFacts>, string, RegExp | undefined]>([
  ['a good one', whole, {}, 'passed', undefined],
  ['one without a test', without('status'), {}, 'passed', undefined],
  ['a test that fails', [...without('status'), 'status 3'], {}, 'failed', /ended with 3/],
  [
    'one beside which the guest loads a driver',
    [...whole, 'meanwhile kvm_amd', 'left /proc/misc:232 kvm'],
    ...([{}, 'passed', undefined] as const),
  ],
  [
    'one that leaves a device',
    [...whole, 'left /proc/misc:9 mine'],
    {},
    'leaked',
    /9 mine in \/proc\/misc/,
  ],
  [
    'one that is refused',
    [...whole, 'refused-insertion m insmod: ERROR: could not insert module ./m.ko: No such device'],
    ...([{}, 'failed', /^m was not inserted: could not insert module \.\/m\.ko: No such/] as const),
  ],
  [
    'a guest that is gone',
    ['phase test'],
    { end: 'ended', message: 'It rebooted.' },
    'failed',
    /^It rebooted/,
  ],
  ['an oops', ['phase test'], { fatal: 'NULL pointer read in m' }, 'crashed', /NULL pointer read/],
  [
    'an oops that fails the test',
    [...without('status'), 'status 139'],
    { fatal: 'x' },
    'crashed',
    /x/,
  ],
  [
    'a reader that waits',
    ['phase insert', 'phase test'],
    late,
    'timed-out',
    /^The test had not ended after 60 s/,
  ],
  ['an insertion that waits', ['phase insert'], late, 'timed-out', /^The insertion had not/],
  [
    'a removal that waits longer',
    ['phase test', 'status 0', 'phase remove'],
    late,
    'stuck',
    /after 60 s/,
  ],
  ['rmmod that hangs', [...whole, 'hangs m'], {}, 'stuck', /^rmmod m does not end/],
  [
    'a reference too many',
    [...whole, 'refused-removal m 2 rmmod: ERROR: Module m is in use'],
    ...([{}, 'stuck', /still held 2 times/] as const),
  ],
  [
    'no exit function',
    [...whole, 'refused-removal m 0 rmmod: ERROR: could not remove m: Device or resource busy'],
    ...([{}, 'stuck', /no exit function/] as const),
  ],
  ['WARN', whole, { complaints: ['a warning in m'] }, 'warned', /a warning in m/],
  [
    'a lock-up',
    ['phase test'],
    { ...late, complaints: ['soft lock-up'] },
    'timed-out',
    /had not ended/,
  ],
  [
    'something left',
    [...whole, 'left /proc/devices:240 m', 'left /proc/m'],
    {},
    'leaked',
    /240 m in \/proc\/devices, \/proc\/m/,
  ],
  [
    'kmemleak',
    [...whole, 'kmemleak yes', 'leak unreferenced object 0xff (size 8):'],
    {},
    'leaked',
    /1 piece\.$/,
  ],
])('%s', (_name, lines, facts, verdict, reason) => {
  const judged = judge(lines, facts);
  expect(judged.verdict).toBe(verdict);
  if (reason === undefined) expect(judged.reasons).toEqual([]);
  else expect(judged.reasons[0]).toMatch(reason);
});

test('memory that grew is a hint, and only where kmemleak does not look', () => {
  const lines = [...without('memory'), 'memory 5000'];
  expect(judge(lines)).toMatchObject({ verdict: 'passed', hints: [expect.stringMatching(/5000/)] });
  expect(judge([...lines, 'kmemleak yes']).hints).toEqual([]);
});

test('of the log the whole one counts, else what was streamed', () => {
  const streamed = ['[ 1.0] hello', `[ 1.0] utopia: ${mark}`, '[ 2.0] bye'].join('\n');
  expect(readTrialReport(`${mark} phase test\n${streamed}`, mark).log).toBe('[ 2.0] bye');
  // The kernel died before what follows its log had come to the mark.
  expect(readTrialReport(`${mark} phase insert\n[ 0.5] a boot\n`, mark).log).toBe('');
  const text = `${streamed}\n${mark} log\n[ 0.1] before\n[ 0.9] utopia: ${mark}\n[ 1.0] whole\n${mark} end\n`;
  expect(readTrialReport(text, mark).log).toBe('[ 1.0] whole');
});

test('a test that prints the form of a report without its mark changes nothing', () => {
  expect(readTrialReport('utopia status 0\nutopia end', mark)).toMatchObject({
    ...{ phase: undefined, ended: false, status: undefined },
  });
});

test('what waits in a function of the module is told with its place', () => {
  const { verdict, hints } = judge(
    ['phase test', 'waits 311 lunix_read+0x5a/0x90 [lunix] my cat', 'waits 1 \u001b[2J x'],
    late,
  );
  expect({ verdict, hints }).toEqual({
    verdict: 'timed-out',
    hints: ['my cat (process 311) waits in lunix_read+0x5a/0x90 [lunix].'],
  });
});

test('what runs in it is told, too, and the backtraces are not the kernel’s own words', () => {
  const text = `${mark} phase test
[ 1.0] utopia: ${mark}
[ 2.0] mine: hello
${mark} looks mine
[ 3.0] sysrq: Show backtrace of all active CPUs
[ 3.1] CPU: 0 UID: 0 PID: 280 Comm: sh Tainted: G           OE      6.12.118 #1
[ 3.1] RIP: 0010:sysrq_handle_showallcpus+0x5/0x10
[ 3.2] CPU: 1 UID: 0 PID: 289 Comm: my cat Tainted: G           OE      6.12.118 #1
[ 3.2] RIP: 0010:mine_show+0xb/0x10 [mine]
[ 3.2] RIP: 0033:0x7f61756e53a7
`;
  const { log, tasks } = readTrialReport(text, mark);
  expect(log).toBe('[ 2.0] mine: hello');
  expect(tasks).toEqual([
    { does: 'runs', pid: 289, name: 'my cat', place: 'mine_show+0xb/0x10 [mine]' },
  ]);
});
