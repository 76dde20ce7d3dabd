import { describe, expect, test } from 'vitest';
import { watchGuest } from '../../../src/guest/watch-guest.ts';
import { readConsoleSigns } from '../../../src/lifecycle/watch/console-signs.ts';
import { watchConsoleLife } from '../../../src/lifecycle/watch/console-life.ts';
import { readConsoleLine } from '../../../src/crash/console-line.ts';
import { readFrame } from '../../../src/crash/frames.ts';
import { scanCrashes } from '../../../src/crash/scanner.ts';
import { diagnose } from '../../../src/diagnose/diagnose.ts';
import { plainLine } from '../../../src/guest/console-text.ts';
import { createPlacer } from '../../../src/guest/log-times.ts';

/** Long enough for quadratic time to take minutes; in linear time each takes milliseconds. */
const length = 400_000;
const limitMs = 20_000;

const fillings = [
  ' ',
  '\t',
  '\r',
  'a',
  '1',
  '.',
  '1.',
  '[',
  '(',
  'O',
  '+0x',
  'a=',
  '\u001B[',
  '_A',
  ' a',
  ' login:',
  'rcu ',
  'rcu_a: ',
  'detected stall ',
  'ALERT!',
  'FAILED',
  'Failed to start ',
];

describe('one endless line takes no longer than its length', () => {
  test.each(fillings)(
    'of %j',
    (filling) => {
      const line = `${filling.repeat(length / filling.length)}x`;
      expect(plainLine(line).length).toBeLessThanOrEqual(line.length);
      readConsoleLine(`[    1.000000] ${line}`);
      createPlacer()(`[${line}`);
      expect(readFrame(` f+0x1/0x2${line}`)).toBeUndefined();
      expect(watchGuest().read('console', { lines: [line], partial: line }, 1)).toEqual([]);
      expect(readConsoleSigns(`${line}\n`)).toBeUndefined();
      expect(watchConsoleLife()(Buffer.from(`${line}\n`))).toBe(true);
      const looked = { elapsedMs: 1, stage: 'init', sawLogin: true } as const;
      expect(diagnose({ ...looked, consoleLines: [line] }).id).toBe('network-dead');
    },
    limitMs,
  );

  test('of blanks before its end', () => {
    expect(plainLine(`a${' '.repeat(65_000)}x`)).toHaveLength(65_002);
    expect(plainLine(`a${' '.repeat(65_000)}`)).toBe('a');
  });
});

/** Lines that a report is read for, with room for what never ends. */
const heads = [
  'CPU: 0 PID: 1 Comm: a Not tainted ',
  'CPU: 0 PID: 1 Comm: ',
  'CPU: ',
  'Modules linked in: ',
  'Tainted: ',
  'RIP: 0010:',
  'UBSAN: ',
  'Oops: 0002 [#1] ',
  'WARNING: CPU: 0 PID: 1 at ',
  ' f+0x1/0x2 ',
];

describe('a report with endless lines', () => {
  test.each(heads)(
    '%j',
    (head) => {
      const lines = fillings.flatMap((filling) =>
        Array.from({ length: 20 }, () => `${head}${filling.repeat(8000 / filling.length)}x`),
      );
      const report = [
        'BUG: kernel NULL pointer dereference, address: 0000000000000008',
        'Oops: 0002 [#1] SMP',
        'Call Trace:',
        ...lines,
        '---[ end trace 0000000000000000 ]---',
      ];
      const scanner = scanCrashes();
      const crashes = [...scanner.read(Buffer.from(report.join('\n'))), ...scanner.finish()];
      expect(crashes.length).toBeGreaterThan(0);
    },
    limitMs,
  );
});

test(
  'a panic whose reason never ends is told all the same',
  () => {
    const reason = `VFS: Unable to mount root fs${' '.repeat(length)}x`;
    const lines = [`Kernel panic - not syncing: ${reason} ]---`];
    const { what } = diagnose({ consoleLines: lines, elapsedMs: 1, stage: 'kernel' });
    expect(what).toContain('cannot mount its root file system');
  },
  limitMs,
);
