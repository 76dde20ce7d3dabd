import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanCrashes } from '../../../src/crash/scanner.ts';
import { searchPatterns } from '../../../src/crash/multi-pattern-search.ts';
import { crashStarts } from '../../../src/crash/report-starts.ts';
import { scanInPieces } from '../../support/crash-corpus.ts';

const logs = join(import.meta.dirname, '../../../fixtures/logs');
const crashLogs = readdirSync(join(logs, 'crashes')).filter((name) => name.endsWith('.txt'));

function read(name: string): Buffer {
  return readFileSync(join(logs, 'crashes', name));
}

function scan(text: string): ReturnType<typeof scanInPieces> {
  return scanInPieces(Buffer.from(text));
}

/** A recorded log as a kernel with CONFIG_PRINTK_CALLER prints it. */
function linesBy(caller: string, name: string): string[] {
  return read(name)
    .toString()
    .split('\n')
    .map((line) => line.replace(/^(\[ *\d+\.\d+\])/, `$1[${caller.padStart(6)}]`));
}

describe('the same bytes give the same crashes', () => {
  test('however they are cut into chunks', () => {
    const noise = fc.constantFrom(
      Buffer.alloc(0),
      Buffer.from('lab login: '),
      Buffer.from(`\u001B[0;32m  OK  \u001B[0m] Started μάθημα.\r\n`),
      Buffer.alloc(20_000, 'no newline '),
      Buffer.alloc(70_000, 'flood\n'),
    );
    const log = fc
      .array(fc.tuple(fc.constantFrom(...crashLogs), noise), { minLength: 1, maxLength: 4 })
      .map((parts) => Buffer.concat(parts.flatMap(([name, before]) => [before, read(name)])));
    const sizes = fc.array(fc.integer({ min: 1, max: 9_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(log, sizes, (bytes, pieces) => {
        expect(scanInPieces(bytes, pieces)).toEqual(scanInPieces(bytes));
      }),
      { numRuns: 50 },
    );
  });

  test('byte by byte, with carriage returns and colours or without', () => {
    const plain = read('debian-null-read.txt').toString().replaceAll('\r', '');
    const colourful = plain.replaceAll(
      /^(\[.*?\]) (.*)$/gm,
      '\u001B[32m$1\u001B[0m \u001B[1m$2\u001B[0m\r',
    );
    const bytes = Buffer.from(plain);
    const expected = scanInPieces(bytes);
    expect(expected).toHaveLength(1);
    expect(
      scanInPieces(
        bytes,
        Array.from(bytes, () => 1),
      ),
    ).toEqual(expected);
    expect(scan(colourful)).toEqual(expected);
  });
});

describe('one crash is one event', () => {
  const oops = read('debian-null-write.txt').toString();

  test('also when it ends in a panic, after others have spoken', () => {
    const text = `${oops}${'systemd says something\n'.repeat(100)}[  200.000000] Kernel panic - not syncing: Fatal exception\n[  200.1] Kernel Offset: disabled\n`;
    expect(scan(text)).toMatchObject([{ kind: 'null-dereference', panic: 'Fatal exception' }]);
  });

  test('but a panic far behind it, or one with another reason, is another', () => {
    const far = `${oops}${'x'.repeat(99)}\n`.concat('flood\n'.repeat(20_000));
    const panic = '[  900.000000] Kernel panic - not syncing: Fatal exception\n';
    expect(scan(far + panic)).toHaveLength(2);
    const other = '[  150.000000] Kernel panic - not syncing: VFS: Unable to mount root fs\n';
    expect(scan(oops + other).map(({ kind }) => kind)).toEqual(['null-dereference', 'no-root']);
  });

  test('the same crash again is a second one, and a new boot counts anew', () => {
    const crashes = scan(`${oops}[    0.000000] Linux version 6.1.0 (gcc)\n${oops}`);
    expect(crashes.map(({ boot, number }) => [boot, number])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    const boots = scan(
      `Loading Linux 6.1.0 ...\n[ 0.0] Linux version 6.1.0\n${oops}Loading Linux 6.1.0 ...\n${oops}`,
    );
    expect(boots.map(({ boot }) => boot)).toEqual([1, 2]);
  });

  test('two processors at once, told apart by their callers', () => {
    const [one, two] = [
      linesBy('T812', 'debian-null-write.txt'),
      linesBy('T901', 'debian-divide.txt'),
    ];
    const mixed = one.flatMap((line, index) => [line, two[index] ?? '']).join('\n');
    expect(scan(mixed)).toMatchObject([
      { kind: 'null-dereference', function: 'faulty_null_write' },
      { kind: 'divide-error', function: 'faulty_divide' },
    ]);
    expect(scan(mixed)[0]?.text).not.toContain('T901');
  });
});

test('text behind a prompt on the same line', () => {
  const text = read('debian-null-read.txt').toString();
  const [first] = scan(`lab login: ${text.slice(text.indexOf('['))}`);
  expect(first).toMatchObject({ kind: 'null-dereference', function: 'null_read_value' });
  expect(first?.text).not.toContain('login');
});

test('a report under way is pending, and over when it has ended', () => {
  const scanner = scanCrashes();
  const text = read('debian-divide.txt').toString();
  const half = text.indexOf('Call Trace');
  scanner.read(Buffer.from(text.slice(0, half)));
  expect(scanner.pending()).toMatchObject([{ over: false, crash: { kind: 'divide-error' } }]);
  scanner.read(Buffer.from(text.slice(half)));
  expect(scanner.pending()).toMatchObject([{ over: true, crash: { kind: 'divide-error' } }]);
});

test('what is kept of a report that does not end is bounded', () => {
  const scanner = scanCrashes();
  scanner.read(
    Buffer.from('[    1.0] BUG: kernel NULL pointer dereference, address: 0000000000000000\n'),
  );
  for (let round = 0; round < 200; round += 1) {
    scanner.read(Buffer.from(`[    1.0]  frame_${round}+0x1/0x2\n`.repeat(50)));
  }
  const [crash] = scanner.finish();
  expect(crash?.trace.length).toBeLessThanOrEqual(1_000);
  expect(crash?.text.length).toBeLessThan(100 * 1024);
});

test('every rule has patterns, long enough to be searched for', () => {
  for (const { id, patterns } of crashStarts) {
    for (const pattern of patterns) expect(pattern.length, id).toBeGreaterThanOrEqual(5);
  }
});

test('the pattern search finds what indexOf finds', () => {
  const patterns = ['Kernel panic', 'BUG: ', 'invoked oom-killer', 'soft lockup'];
  const open = searchPatterns(patterns);
  const words = fc.constantFrom(
    ...patterns,
    'Kernel pan',
    'BUG',
    'soft lock',
    ' ',
    '\n',
    'é',
    'xyz',
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
      const bytes = Buffer.from(parts.join(''));
      const found: number[] = [];
      const next = open(bytes);
      for (let at = next(0); at >= 0; at = next(at + 1)) found.push(at);
      const expected = patterns.flatMap((pattern) =>
        [...bytes.toString('latin1').matchAll(new RegExp(pattern, 'g'))].map(({ index }) => index),
      );
      expect(found).toEqual([...new Set(expected)].toSorted((a, b) => a - b));
    }),
  );
});

test('a fault whose title and Oops: a burst has cut in two is found by its error code', () => {
  const log = [
    'lunix: sensor 1 is well[   46.666137] BUG',
    ': kernel NULL pointelunix: sensor 1 r dereference, addriess:s well 0000000000000010',
    'lunix: sensor 1 is well[   46.667287] #PF: error_code(0x0002) - not-present page',
    'lunix: sensor 1 is well[   46.667287] Oo',
    'ps: 0002 [#3] PREEMPT SMP NOPTI',
    '[   46.667287] CPU: 0 PID: 224 Comm: bash Tainted: G      D W  OEL     6.1.0-57-amd64 #1',
    'lunix: sensor 1 [   46.691508] RIP: 0010:faulty_null_write+0x5/0x10 [faulty]',
    'is well',
    'lunix: sensor 1 is well[   46.723422] Call Trace:',
    'lunix: sensor 1 is well[   46.723422]  vfs_write+0xc4/0x3f0',
    '[   46.843364] CR2: 0000000000000010',
    '[   46.868847] ---[ end trace 0000000000000000 ]---',
  ].join('\n');
  const found = scan(`${log}\n`).map(({ kind, function: name, module }) => [kind, name, module]);
  expect(found).toEqual([['null-dereference', 'faulty_null_write', 'faulty']]);
});

test('a flood between two lines of a report does not part them', () => {
  const log = readFileSync(join(logs, 'crashes/debian-null-write.txt'), 'latin1');
  const flood = 'lunix: sensor 1 is well\r\n'.repeat(10_000);
  // Behind its first lines: a console that another processor writes to.
  let count = 0;
  const flooded = log.replaceAll(/^[^\n]*(?:BUG: kernel NULL|#PF|PGD)[^\n]*\n/gm, (line) => {
    count += 1;
    return line + flood;
  });
  expect(count).toBeGreaterThan(3);
  const [whole, parted] = [log, flooded].map((text) => scan(text).map(({ kind }) => kind));
  expect(parted).toEqual(whole);
  expect(whole).toContain('null-dereference');
});

test('a flood between a stamp and its line does not part a report', () => {
  const log = read('debian-null-write.txt').toString().replaceAll('\r', '');
  const flood = ' well\r\n'.concat('lunix: sensor 1 is well\r\n'.repeat(3_000));
  const report = log.slice(0, log.indexOf('end trace'));
  const stamps = [...report.matchAll(/^\[ *\d+\.\d+\] /gm)];
  expect(stamps.length).toBeGreaterThan(40);
  const wrong = stamps
    .map(({ 0: stamp, index }) => index + stamp.length)
    .map((at) => ({
      line: log.slice(at, log.indexOf('\n', at)),
      kinds: scan(`${log.slice(0, at)}${flood}${log.slice(at)}`).map(({ kind }) => kind),
    }))
    .filter(({ kinds }) => kinds.join() !== 'null-dereference');
  expect(wrong).toEqual([]);
});

test.each([
  ['in a line', ' sensor 1 is wel'],
  ['with the end of one', ' well\r\nlunix: s'],
])('a burst of a program’s output anywhere in a report, %s', (_, burst) => {
  // A serial port takes 16 bytes at once: a crashing kernel does not wait for who holds it.
  const log = read('debian-null-write.txt').toString().replaceAll('\r', '');
  const report = log.slice(0, log.indexOf('end trace'));
  const place = report.indexOf('RIP: ');
  const module = report.indexOf(' [faulty]', place);
  const wrong = Array.from(report, (_character, at) => {
    const crashes = scan(`${log.slice(0, at)}${burst}${log.slice(at)}`);
    // Without the line of the place there is its caller, the first of the trace.
    const cut = at > report.lastIndexOf('\n', place) && at <= report.indexOf('\n', place);
    const found = crashes.map((crash) => `${crash.kind} at ${crash.address} in ${crash.function}`);
    const names = cut ? ['faulty_null_write', 'faulty_write'] : ['faulty_null_write'];
    const right = names.map((name) => `null-dereference at 16 in ${name}`);
    // Its module is known as long as that stands whole on the same line.
    const parted = at > (burst.includes('\n') ? place : module) && at < module + ' [faulty]'.length;
    const inModule = parted || crashes[0]?.module === 'faulty';
    return { at, found, right: inModule && right.includes(found.join()) };
  }).filter(({ right }) => !right);
  expect(wrong).toEqual([]);
});
