import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Chalk } from 'chalk';
import { describe, expect, test } from 'vitest';
import { reportCrashes } from '../../../src/lifecycle/watch/crash-lines.ts';
import { explainCrash } from '../../../src/crash/explain-crash.ts';
import { isUninteresting } from '../../../src/crash/frames.ts';
import { crashHeadline, crashLine, crashSeverity } from '../../../src/crash/headline.ts';
import { collectCrashes } from '../../../src/crash/crash-report.ts';
import type { Crash } from '../../../src/crash/crash-event.ts';
import { watchCrashes } from '../../../src/crash/watch-crashes.ts';
import { renderCrash } from '../../../src/ui/crash.ts';
import { fitLine } from '../../../src/ui/fit-line.ts';
import { crashesIn } from '../../support/crash-corpus.ts';

const folder = join(import.meta.dirname, '../../../fixtures/logs/crashes');

function recorded(name: string): Crash {
  const [crash] = crashesIn(join(folder, `${name}.txt`));
  if (crash === undefined) throw new Error(`no crash in ${name}`);
  return crash;
}

describe('words', () => {
  test.each([
    ['debian-null-read', 'NULL pointer read in null_read_value, module null_read', 'oops'],
    ['debian-null-call', 'call through a NULL pointer in faulty_null_call, module faulty', 'oops'],
    [
      'debian-atomic-sleep',
      'sleep in atomic context in atomic_sleep_update, module atomic_sleep',
      'stuck',
    ],
    ['debian-warn', 'warning in faulty_warn, module faulty', 'survived'],
    ['debian-refcount', 'reference count wrong in faulty_refcount, module faulty', 'survived'],
    ['public-no-init-6.1', 'no init', 'panic'],
  ])('%s: %s', (name, headline, severity) => {
    expect(crashHeadline(recorded(name))).toBe(headline);
    expect(crashSeverity(recorded(name))).toBe(severity);
  });

  test('the address tells more than the kind', () => {
    expect(explainCrash(recorded('debian-null-read')).what).toContain('field at offset 40');
    expect(explainCrash(recorded('debian-user-read')).what).toContain('copy_from_user');
    expect(explainCrash(recorded('debian-poison')).what).toContain('used after kfree');
    const wild = { ...recorded('debian-user-read'), address: 0xffff_ffff_ffff_fff4n };
    expect(explainCrash(wild).what).toContain('IS_ERR');
  });
});

describe('what up says', () => {
  test('a crash once, then at its 10th time, and its panic', () => {
    const teller = reportCrashes();
    const crash = recorded('debian-divide');
    const lines = Array.from({ length: 12 }, (_, index) =>
      teller.tell({ ...crash, number: index + 1 }),
    );
    expect(lines.filter((line) => line !== undefined)).toEqual([
      { level: 'fail', text: `${crashLine(crash)}\nutopia oops shows where and why` },
      {
        level: 'fail',
        text: `${crashLine(crash)} (10 times by now)\nutopia oops shows where and why`,
      },
    ]);
    expect(teller.tell({ ...crash, number: 12, panic: 'Fatal exception' })).toEqual({
      level: 'fail',
      text: 'kernel panic: Fatal exception',
    });
    expect(teller.reportSilentPanic()).toBeUndefined();
  });

  test('a panic of which only the device tells, once a boot', () => {
    const teller = reportCrashes();
    expect(teller.reportSilentPanic()?.text).toContain('panic device');
    expect(teller.reportSilentPanic()).toBeUndefined();
    teller.startOver();
    expect(teller.reportSilentPanic()).toBeDefined();
  });

  test('a report is told when it has ended, one without an end when nothing more comes', () => {
    const watch = watchCrashes();
    const { text } = recorded('debian-irq-off');
    expect(watch.read(Buffer.from(`${text}\n`))).toEqual([]);
    expect(watch.settle()).toMatchObject([{ kind: 'atomic-sleep' }]);
    expect(watch.settle()).toEqual([]);
    const oops = recorded('debian-divide').text;
    expect(watch.read(Buffer.from(`${oops}\n`))).toMatchObject([{ kind: 'divide-error' }]);
    const panic = '[  999.0] Kernel panic - not syncing: Fatal exception\n';
    watch.read(Buffer.from(panic));
    expect(watch.settle()).toMatchObject([{ kind: 'divide-error', panic: 'Fatal exception' }]);
  });
});

test('what hangs is one crash, however often it is told', () => {
  const list = collectCrashes(10);
  for (const crash of crashesIn(join(folder, 'public-hung-repeats.txt'))) list.add(crash);
  expect(list.crashes).toMatchObject([{ kind: 'hung-task', repeated: 2 }]);
});

test('the latest are kept, the others counted', () => {
  const list = collectCrashes(3);
  const crash = recorded('debian-divide');
  for (let number = 1; number <= 5; number += 1) list.add({ ...crash, number });
  expect(list.crashes.map(({ number }) => number)).toEqual([3, 4, 5]);
  expect(list.omitted).toBe(2);
});

test('a card: what, where, the trace with a recursion as one line, within 80 columns', () => {
  const crash = crashesIn(join(folder, 'debian-many.txt')).at(-1);
  if (crash === undefined) throw new Error('the log has no crash');
  const { what, next } = explainCrash(crash);
  const lines = renderCrash(
    {
      crash: { ...crash, repeated: 1 },
      headline: crashHeadline(crash),
      what,
      next: [next],
      notes: [],
    },
    {
      columns: 80,
      color: new Chalk({ level: 0 }),
      symbols: { ok: 'ok', warn: '!', fail: 'x', info: '-' },
      verbose: false,
      isUninteresting,
      shorten: (path) => path,
    },
  );
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines).toContain('  faulty_recurse+0x4e  (28 times)');
  expect(lines).toContain('  proc_reg_write - vfs_write - ksys_write');
  expect(lines.join('\n')).not.toContain('?');
});

function card(crash: Crash, columns: number): string[] {
  return renderCrash(
    {
      crash: { ...crash, repeated: 1 },
      headline: crashHeadline(crash),
      what: '',
      next: [],
      notes: [],
    },
    {
      columns,
      color: new Chalk({ level: 0 }),
      symbols: { ok: 'ok', warn: '!', fail: 'x', info: '-' },
      verbose: false,
      isUninteresting,
      shorten: (path) => path,
    },
  );
}

test.each(readdirSync(folder).filter((name) => /^debian-.*\.txt$/.test(name)))(
  'on 40 columns a card breaks no name and no word: %s',
  (name) => {
    for (const crash of crashesIn(join(folder, name))) {
      const [wide, narrow] = [card(crash, 200), card(crash, 40)];
      for (const word of narrow.join(' ').split(/\s+/)) {
        expect(`${wide.join(' ')} ...`.split(/\s+/)).toContain(word);
      }
      const long = narrow.filter((line) => line.length > 40);
      expect(long.flatMap((line) => fitLine(line, 40)).filter((line) => line.length > 40)).toEqual(
        [],
      );
    }
  },
);

describe('the kernel’s own message stands beneath the headline', () => {
  test('as it was printed, cut between words where the terminal ends', () => {
    const crash = recorded('debian-null-read');
    expect(card(crash, 80)).toContain(`  ${crash.message}`);
    expect(card(crash, 40)).toContain('  BUG: kernel NULL pointer ...');
  });

  test('without what a terminal would obey, and not twice', () => {
    const crash = recorded('debian-divide');
    const hostile = { ...crash, message: 'divide error\u001B[2J\u202E: 0000 [#1]\r\u0007' };
    expect(card(hostile, 80)).toContain('  divide error [2J : 0000 [#1]');
    const panic = recorded('public-no-init-6.1');
    const only = {
      ...panic,
      kind: 'panic',
      panic: 'VFS: no',
      message: 'Kernel panic - not syncing: VFS: no',
    } as const;
    expect(card(only, 80).filter((line) => line.includes('VFS: no'))).toHaveLength(1);
  });
});
